"""The lines of AEs and of findings are those of the values, whatever else bears their names."""

import json
import plistlib

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.syntax.lines import Lines

MERCURE = """{
 "modules": {"CT1": {}},
 "targets": {
  "MR1": {"ip": "h",
          "port": "1", "aet_target": "CT1", "comment": "CT2"},
  "a.b[0]": {
    "ip": "??", "port": "2", "aet_target": "CT2"}
 },
 "rules": {"CT2": {"target": "CT2"}}
}
"""
MONAI = '[\n {"aeTitle": "CT1", "name": "CT2"}, {\n "aeTitle": "CT2",\n "hostIp": "h"}\n]'
ORTHANC = """{
  // CT1 of old: "CT1": ["CT1", "h", 104]
  "Name": "CT1",
  "DicomModalities": {
    "x": ["CT2", "CT1", 104],
    "y": [
      "CT1", "h", 104]
  }
}
"""
WEASIS = """<nodes>
 <!-- <node aeTitle="CT1" hostname="h" port="1"/> -->
 <node
   description="CT1" type="DICOM" usageType="BOTH" aeTitle="CT2" hostname="h" port="1"/>
 <node type="DICOM" usageType="BOTH" aeTitle="CT1" hostname="h" port="2"/>
</nodes>
"""
HOROS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<!-- CT1 -->
<dict>
 <key>CT1</key><dict><key>SERVERS</key><array/></dict>
 <key>SERVERS</key>
 <array>
  <dict><key>AETitle</key><string>CT2</string><key>Address</key><string>h</string>
        <key>Port</key><string>1</string></dict>
  <string>CT1</string>
  <dict>
   <key>AETitle</key><string>CT1</string>
   <key>Address</key><string>h</string><key>Port</key><string>1</string>
  </dict>
 </array>
</dict>
</plist>
"""
TABLE = 'Description,AE Title,Host,Port\n"CT1\nis old",CT2,h,1\n,CT1,h,2\n'
DEVICE = """{"dicomDeviceName": "CT1",
 "dicomInstalled": true,
 "dicomNetworkAE": [
  {"dicomDescription": "CT2", "dicomAETitle": "CT1"},
  {"dicomDescription": "CT1",
   "dicomAETitle": "CT2"}
 ]}
"""
DOCUMENT = """{"format": "CT1", "schema": 1, "profiles": [], "associations": [],
 "devices": [{"key": "CT1", "name": "CT1"}],
 "aes": [{"key": "CT2", "ae_title": "CT2", "device": "CT1"},

  {"key": "CT1", "ae_title": "CT1"}]}
"""
WHERE = [
    ("mercure-json", MERCURE, {"CT1": 4}),
    ("monai-json", MONAI, {"CT1": 2, "CT2": 2}),
    ("orthanc-json", ORTHANC, {"CT1": 6, "CT2": 5}),
    ("weasis-xml", WEASIS, {"CT1": 5, "CT2": 3}),
    ("horos-plist", HOROS, {"CT1": 12, "CT2": 9}),
    ("ae-table", TABLE, {"CT1": 4, "CT2": 2}),
    ("dcm4che-json", DEVICE, {"CT1": 4, "CT2": 6}),
    ("dicomcfg-json", DOCUMENT, {"CT1": 5, "CT2": 3}),
    ("dicomcfg-yaml", DOCUMENT, {"CT1": 5, "CT2": 3}),
]


@pytest.mark.parametrize(("name", "text", "where"), WHERE, ids=[name for name, *_ in WHERE])
def test_aes_stand_where_the_parser_met_them(name, text, where):
    document = registry.read(text.encode(), format=name)
    assert document.places == where
    assert set(document.places) == {ae.key for ae in document.aes}
    assert "places" not in document.to_json()


def test_findings_with_a_path_have_its_line():
    document = registry.read(MERCURE.encode(), format="mercure-json")
    found = {f.path: f.line for f in document.findings if f.path and "a.b" in f.path}
    assert found == {"targets.a.b[0]": 6}
    document = registry.read(HOROS.encode(), format="horos-plist")
    assert [(f.path, f.line) for f in document.findings if f.code == "horos-no-node"] == [
        ("SERVERS[1]", 11)
    ]
    wrong = DOCUMENT.replace('"ae_title": "CT1"', '\n"ae_title": "CT\\\\1"')
    document = registry.read(wrong.encode(), format="dicomcfg-json")
    assert [(f.path, f.line) for f in document.findings] == [("aes[1].ae_title", 6)]


def test_binary_lists_have_paths_alone():
    nodes = [{"AETitle": "A", "Address": "h", "Port": "1"}, 3]
    data = plistlib.dumps(nodes, fmt=plistlib.FMT_BINARY)
    document = registry.read(data, format="horos-plist")
    assert [(f.path, f.line) for f in document.findings] == [("[1]", None)]
    assert not any(isinstance(place, int) for place in document.places.values())


def test_a_path_leads_to_the_nearest():
    lines = Lines('{\n"a": [\n{"b.c": 1,\n"b": {"c": 2}}\n],\n"%s": 3}' % ("n" * 80))
    assert [lines.of(path) for path in ("a", "a[0]", "a[0].b.c", "a[0].b", "a[0].x.y")] == [
        *(2, 3, 3, 4, 3)
    ]
    assert lines.of("a[7].b") == 2
    assert lines.of("b") is None
    assert lines.of("n" * 57 + "...") == 6
    assert Lines("a: b").of("a") is None
    assert Lines("<plist><dict>").of("a") is None


def test_what_is_too_large_for_a_second_pass_has_paths_alone():
    targets = {f"t{n}": {"ip": "h", "port": "1", "aet_target": f"A{n}"} for n in range(75_001)}
    document = registry.read(json.dumps({"targets": targets}).encode(), format="mercure-json")
    assert document.aes
    assert not document.places
