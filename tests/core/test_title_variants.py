"""The usual variants of a title, for a peer that refuses it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.findings import has_errors
from dicomcfg.core.standard.ae_title import VENDOR_DEFAULTS, check_ae_title, variants

COMMON = ("ANY-SCP", "ORTHANC", "DCM4CHEE")


@pytest.mark.parametrize(
    ("title", "manufacturer", "station_name", "expected"),
    [
        ("PACS", "", "", ("pacs", *COMMON)),
        ("Pacs", "", "", ("PACS", "pacs", *COMMON)),
        (" PACS ", "", "", ("pacs", *COMMON)),
        ("CT 1", "", "", ("ct 1", "CT1", "CT", *COMMON)),
        ("ORTHANC", "", "", ("orthanc", "ANY-SCP", "DCM4CHEE")),
        ("PACS", "Orthanc Team", "", ("pacs", "ORTHANC")),
        ("PACS", "OFFIS DCMTK", "", ("pacs", "ANY-SCP", "STORESCP", "DCMQRSCP", "COMMON")),
        ("PACS", "dcm4che.org", "", ("pacs", "DCM4CHEE", "DCMRCV")),
        ("CT1", "Unheard of", "ct-room", ("ct1", "ct-room", "CT-ROOM", *COMMON)),
        ("T" * 20, "", "", ("T" * 16, *COMMON)),
        ("CT1", "", "far too long for a title", ("ct1", *COMMON)),
    ],
)
def test_variants(
    title: str, manufacturer: str, station_name: str, expected: tuple[str, ...]
) -> None:
    assert variants(title, manufacturer, station_name) == expected


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_each_once_and_each_can_be_sent(title: str, manufacturer: str, station_name: str) -> None:
    found = variants(title, manufacturer, station_name)
    assert len(set(found)) == len(found)
    assert title.strip(" ") not in found
    assert not any(has_errors(check_ae_title(variant)) for variant in found)


def test_the_makers_titles_are_known_as_defaults() -> None:
    makers = ("dcmtk", "orthanc", "dcm4che", "pynetdicom", "conquest", "horos", "osirix", "weasis")
    makers += ("dicoogle", "merge", "radiant", "microdicom", "intersystems")
    for maker in makers:
        assert set(variants("x", maker)) - {"X"} <= set(VENDOR_DEFAULTS)
