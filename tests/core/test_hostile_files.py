"""What nobody writes by accident, at every reader: a finding in bounded time and memory."""

import io
import json
import random
import tracemalloc
import zipfile

import pytest

from dicomcfg.core.findings import has_errors
from dicomcfg.core.formats import registry
from tests.core.fuzz_formats import MOST_FINDINGS, run, within
from tests.core.seeds import seeds_of

every_format = pytest.mark.parametrize("name", registry.FORMATS)
every_text_format = pytest.mark.parametrize(
    "name", [name for name, entry in registry.FORMATS.items() if not entry.is_binary]
)


def _laughs():
    entities = ['<!ENTITY a0 "ha">']
    entities += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    return f"<?xml version='1.0'?><!DOCTYPE x [{''.join(entities)}]><x>&a11;</x>".encode()


def _aliases():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(lines).encode()


def _zip(content, name="content"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return out.getvalue()


HOSTILE = {
    "empty": lambda: b"",
    "blank": lambda: b" \r\n\t\n" * 1000,
    "nul": lambda: b"\0",
    "binary": lambda: random.Random(1).randbytes(100_000),
    "zip": lambda: _zip(b"hello"),
    "zip-bomb": lambda: _zip(bytes(50_000_000)),
    "deep-lists": lambda: b"[" * 100_000,
    "deep-objects": lambda: b'{"a":' * 100_000,
    "deep-elements": lambda: b"<a>" * 100_000,
    "deep-yaml": lambda: b"- " * 100_000,
    "laughs": _laughs,
    "yaml-aliases": _aliases,
    "yaml-tag": lambda: b"!!python/object/apply:os.system ['true']\n",
    "long-line": lambda: b"x" * 5_000_000,
    "long-line-of-signs": lambda: b"=[,:" * 1_250_000,
    "many-lines": lambda: b"a\n" * 1_000_000,
    "many-pairs": lambda: b"a = 1\n" * 1_000_000,
    "many-values": lambda: b"[" + b"[]," * 1_500_000 + b"0]",
    "blank-after-a-bracket": lambda: b"[a\n" + b" \n" * 500_000,
    "large-number": lambda: b"9" * 1_000_000,
}


@every_format
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_a_finding(name, case):
    data = HOSTILE[case]()
    with within(10):
        document = registry.read(data, name="hostile", format=name)
    assert document.findings
    assert len(document.findings) <= MOST_FINDINGS
    assert not (document.aes or document.associations)


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_detected_as_nothing_or_refused(case):
    data = HOSTILE[case]()
    with within(10):
        document = registry.read(data, name="hostile")
    assert document.findings
    assert not (document.aes or document.associations)


@every_format
def test_200_megabytes_are_refused_without_a_copy(name):
    data = bytes(200_000_000)
    tracemalloc.start()
    document = registry.read(data, format=name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "file-too-large" in [finding.code for finding in document.findings]
    assert has_errors(document.findings)
    assert peak < 1_000_000


def _without_findings(document):
    return {**document.to_json(), "findings": []}


@every_text_format
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_other_encodings_read_the_same(name, encoding):
    for data in seeds_of(name):
        text = data.decode()
        if encoding.startswith("utf-16-") and not text[:200].isascii():
            continue  # without a mark it can only be told by its zeros
        again = registry.read(text.encode(encoding), name="x", format=name)
        assert _without_findings(again) == _without_findings(
            registry.read(data, name="x", format=name)
        )


@every_text_format
def test_windows_line_ends_read_the_same(name):
    for data in seeds_of(name):
        plain = data.replace(b"\r\n", b"\n")
        again = registry.read(plain.replace(b"\n", b"\r\n"), name="x", format=name)
        before = registry.read(plain, name="x", format=name)
        told = json.dumps(_without_findings(again)).replace("\\r\\n", "\\n")
        assert told == json.dumps(_without_findings(before))


@every_text_format
def test_no_entity_brings_in_another_file(name, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("TOPSECRET")
    kinds = [
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>',
        f'<!DOCTYPE x SYSTEM "{secret.as_uri()}">',
    ]
    for data in seeds_of(name):
        _, _, rest = data.decode().rpartition("?>")
        for doctype in kinds:
            hostile = f"<?xml version='1.0'?>{doctype}{rest}".replace(">", ">&e;", 4).encode()
            document = registry.read(hostile, format=name)
            assert "TOPSECRET" not in json.dumps(document.to_json())


@every_format
def test_a_fixed_sample_of_the_fuzzer(name):
    counts = run(name, count=60, seed=7)
    assert counts.inputs == 60
    assert counts.clean < 60
