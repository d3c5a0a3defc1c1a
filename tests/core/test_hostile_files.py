"""What nobody writes by accident, at every reader: a finding in bounded time and memory.

And what stands for more than its bytes, because it names lists, symbols or texts again and again.
"""

import io
import json
import random
import tracemalloc
import zipfile

import pytest

from dicomcfg.core.findings import Severity, has_errors
from dicomcfg.core.formats import registry
from dicomcfg.core.formats.bounded import MAXIMUM_SYNTAXES
from dicomcfg.core.formats.bundle import Given, read_files
from dicomcfg.core.formats.orthanc.orthanc_compose import MAXIMUM_CHARACTERS
from dicomcfg.core.formats.orthanc.orthanc_reading import MAXIMUM_ENTRIES
from dicomcfg.core.formats.secrets import MAXIMUM_SECRETS, without_secrets
from dicomcfg.core.formats.syntax.json_text import parse
from dicomcfg.core.formats.tables.context_texts import MAXIMUM_TEXTS
from dicomcfg.core.formats.text import lines_of
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
    "long-line": lambda: b"x" * 2_000_000,
    "long-line-of-signs": lambda: b"=[,:" * 500_000,
    "many-lines": lambda: b"a\n" * 300_000,
    "many-pairs": lambda: b"a = 1\n" * 300_000,
    "many-values": lambda: b"[" + b"[]," * 1_010_000 + b"0]",
    "blank-after-a-bracket": lambda: b"[a\n" + b" \n" * 200_000,
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


def _numbered(word, values):
    return "".join(f"{word}{n} = {value}\n" for n, value in enumerate(values, start=1))


def _dcmtk(syntaxes, contexts, profiles, roles=0):
    text = "[[TransferSyntaxes]]\n[T]\n"
    text += _numbered("TransferSyntax", (f"1.2.3.{n}" for n in range(syntaxes)))
    text += "[[PresentationContexts]]\n[P]\n"
    text += _numbered("PresentationContext", (f"1.2.4.{n}\\T" for n in range(contexts)))
    text += "[[SCPSCURoleSelection]]\n[R]\n"
    text += _numbered("Role", (f"1.2.5.{n}\\SCU" for n in range(roles)))
    # Spelled otherwise than the list, which is read all the same.
    role = "SCPSCURoleSelection = R #\n" if roles else ""
    named = (f"[A{n}]\nPresentationContexts = P\n{role}" for n in range(profiles))
    return text + "[[Profiles]]\n" + "".join(named)


def _dgatesop(syntaxes, contexts):
    lines = [f"a 1.2.3.{n} transfer\n" for n in range(syntaxes)]
    return "".join(lines + [f"b 1.2.4.{n} sop\n" for n in range(contexts)])


def _syntaxes_in(document):
    holders = (*document.profiles, *document.associations)
    contexts = [each for holder in holders for each in holder.presentation_contexts]
    return sum(len(each.transfer_syntaxes) for each in contexts)


def _codes(document):
    return [finding.code for finding in document.findings]


MULTIPLIED = {
    "one-long-list": ("dcmtk-xf", _dcmtk(5_000, 5_000, 1)),
    "a-long-list-without-profile": ("dcmtk-xf", _dcmtk(5_000, 5_000, 0)),
    "many-profiles": ("dcmtk-xf", _dcmtk(1, 5_000, 5_000)),
    "dgatesop": ("conquest-dgatesop", _dgatesop(9_000, 9_000)),
}


@pytest.mark.parametrize("case", MULTIPLIED)
def test_what_lists_of_lists_stand_for_is_bounded(case):
    name, text = MULTIPLIED[case]
    document = registry.read(text.encode(), format=name)
    assert _syntaxes_in(document) <= MAXIMUM_SYNTAXES
    (first, *_) = [f for f in document.findings if f.code == "too-many-contexts"]
    assert first.severity is Severity.ERROR


def test_the_roles_of_many_profiles_are_bounded():
    document = registry.read(_dcmtk(1, 1, 2_000, roles=2_000).encode(), format="dcmtk-xf")
    # Each role is one without a context, which is told or counted.
    counted = int(document.findings[-1].message.split()[0].replace(",", ""))
    assert counted < MAXIMUM_SYNTAXES + 10_000


def test_lists_within_the_bound_are_read_whole():
    document = registry.read(_dcmtk(40, 128, 90).encode(), format="dcmtk-xf")
    assert len(document.profiles) == 90
    assert _syntaxes_in(document) == 40 * 128 * 90
    assert "too-many-contexts" not in _codes(document)


def test_lists_of_services_are_bounded():
    syntaxes = "".join(f"SYNTAX_{n} = T{n}\n" for n in range(1, 1_001))
    services = "".join(f"SERVICE_{n} = S{n}\nSYNTAX_LIST_{n} = TS\n" for n in range(1, 1_001))
    text = f"[TS]\nSYNTAXES_SUPPORTED = 1000\n{syntaxes}"
    text += f"[L]\nSERVICES_SUPPORTED = 1000\n{services}"
    table = "[SERVICE_TABLE]\nA = 1\n"
    table += "".join(f"[S{n}]\nNAME = S{n}\nUID = 1.2.{n}\n" for n in range(1, 1_001))
    names = "".join(f"T{n}_SYNTAX = 1.3.{n}\n" for n in range(1, 1_001))
    files = {"a.app": text, "a.srv": table, "a.pro": f"[ASSOC_PARMS]\n{names}"}
    given = [Given(name, each.encode(), "merge-mergecom") for name, each in files.items()]
    document = read_files(given).document
    assert _syntaxes_in(document) == MAXIMUM_SYNTAXES
    assert _codes(document) == ["too-many-contexts"]


def test_an_unknown_syntax_of_a_list_is_told_once():
    text = "[TS]\nSYNTAXES_SUPPORTED = 1\nSYNTAX_1 = NONE\n[L]\nSERVICES_SUPPORTED = 2\n"
    text += "SERVICE_1 = S\nSYNTAX_LIST_1 = TS\nSERVICE_2 = S\nSYNTAX_LIST_2 = TS\n"
    table = "[SERVICE_TABLE]\nA = 1\n[S]\nNAME = S\nUID = 1.2.3\n"
    given = [Given(n, t.encode(), "merge-mergecom") for n, t in (("a", text), ("b", table))]
    assert _codes(read_files(given).document).count("merge-syntax-unknown") == 1


@pytest.mark.parametrize("what", ["[A{n}]\n", "K{n} = \n"])
def test_sections_and_keys_beyond_the_bound_are_told(what):
    text = "[A]\nHOST_NAME = h\nPORT_NUMBER = 1\n"
    text += "".join(what.format(n=n) for n in range(300_001))
    document = registry.read(text.encode(), format="merge-mergecom")
    assert _codes(document) == ["too-many-lines"]
    assert len(document.aes) == 1


def _symbols(line):
    groups = "".join(
        f"s{n} = " + " ".join(f"(A{n}X{i},h,1)" for i in range(20)) + "\n" for n in range(200)
    )
    table = f"{groups}u = {' '.join(f's{n}' for n in range(80))}\n"
    return f"HostTable BEGIN\n{table}{line * 2_000}HostTable END\n"


@pytest.mark.parametrize("line", [f"v = {' '.join(['u'] * 240)}\n", f"v = {'(x,' * 100}\n"])
def test_symbols_that_are_named_again_and_again_end_the_reading(line):
    document = registry.read(_symbols(line).encode(), format="dcmqrscp")
    assert len(document.aes) == 4_000
    assert _codes(document).count("dcmqrscp-too-many-peers") <= 1
    # Beyond the bound nothing is found any more, so that nothing was looked at.
    assert len(document.findings) <= 1_001


def test_a_list_of_modalities_ends_at_the_bound():
    modalities = {f"M{n}": [f"A{n}", "h", 1] for n in range(MAXIMUM_ENTRIES + 5)}
    data = json.dumps({"DicomModalities": modalities}).encode()
    document = registry.read(data, format="orthanc-json")
    assert len(document.aes) == MAXIMUM_ENTRIES
    assert "too-many-entries" in _codes(document)


def _composed(text, services):
    content = json.dumps({"DicomModalities": {"M": ["A", "h", 1]}, "Name": text})
    named = "".join(f"  o{n}: {{configs: [c]}}\n" for n in range(services))
    return f"configs:\n  c:\n    content: '{content}'\nservices:\n{named}".encode()


def test_a_text_that_many_services_name_is_read_within_a_bound():
    document = registry.read(_composed("x" * 100_000, 500), format="orthanc-compose")
    assert _codes(document).count("yaml-too-large") == 1
    assert MAXIMUM_CHARACTERS < 500 * 100_000
    assert "yaml-too-large" not in _codes(
        registry.read(_composed("x", 500), format="orthanc-compose")
    )


@pytest.mark.parametrize("deep", ['{"a":', "["])
def test_deep_values_given_twice_are_compared_without_recursion(deep):
    close = {"[": "]"}.get(deep, "}")
    value = deep * 900 + "1" + close * 900
    text = f"ORTHANC__X={value}\n" * 2 + f"ORTHANC__X={value.replace('1', '2')}\n"
    document = registry.read(text.encode(), format="orthanc-env")
    assert _codes(document) == ["orthanc-given-twice"]


def test_variables_are_laid_upon_one_object():
    big = json.dumps({f"q{n}": ["A", "h", 1] for n in range(3)})
    text = f"ORTHANC__DICOM_MODALITIES={big}\n"
    text += "".join(f'ORTHANC__DICOM_MODALITIES__M{n}=["B{n}","h",1]\n' for n in range(200))
    document = registry.read(text.encode(), format="orthanc-env")
    assert len(document.aes) == 201


def test_values_are_the_same_wherever_they_stand():
    one, other = parse('{"a":\n[1, {"b": "c"}]}').root, parse('{"a": [1, {"b": "c"}]}').root
    assert one != other
    assert one.says(other)
    for different in ('{"a": [1, {"b": "d"}]}', '{"a": [1]}', '{"b": [1, {"b": "c"}]}', "[]", "1"):
        assert not one.says(parse(different).root)
    assert not parse("1").root.says(parse("true").root)


def test_secrets_beyond_the_bound_end_the_text():
    line = "password = abc\n"
    text, findings = without_secrets(line * (MAXIMUM_SECRETS + 10))
    assert "abc" not in text
    assert text.count("\n") == MAXIMUM_SECRETS + 10
    assert findings[-1].code == "too-many-secrets"
    assert findings[-1].line == MAXIMUM_SECRETS
    assert "too-many-secrets" not in [f.code for f in without_secrets(line * 100)[1]]


def test_a_column_of_secrets_beyond_the_bound_ends_the_text():
    text = "AE Title,Password\n" + "A,abc\n" * (MAXIMUM_SECRETS + 10)
    plain, findings = without_secrets(text)
    assert "abc" not in plain
    assert plain.count("\n") == text.count("\n")
    assert findings[-1].code == "too-many-secrets"
    assert findings[-1].line == MAXIMUM_SECRETS + 1


@pytest.mark.parametrize("name", ["context-table", "intersystems"])
def test_more_different_syntaxes_than_any_file_needs_end_the_reading(name):
    head = "SOP Class UID,Transfer Syntax UID\n" if name == "context-table" else ""
    parting = "," if name == "context-table" else "\\"
    rows = (
        f"1.2.{row}{parting}" + "\\".join(f"u{row}x{n}" for n in range(200)) for row in range(1_100)
    )
    document = registry.read((head + "\n".join(rows)).encode(), format=name)
    assert document.findings[-1].code == "more-findings"
    counted = int(document.findings[-1].message.split()[0].replace(",", ""))
    assert counted <= MAXIMUM_TEXTS


def test_lines_are_those_that_line_feeds_part():
    for text in ("", "a", "a\n", "\n\na", "a\r\nb"):
        assert list(lines_of(text)) == text.split("\n")
