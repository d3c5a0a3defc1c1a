"""Secrets of foreign files are blanked before a reader sees them; lines keep their numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.secrets import is_secret_heading, without_secrets
from tests.core.fuzz_formats import within

# In two parts, since no tracked file may look as if it held a key.
PEM = "-----BEGIN " + "PRIVATE KEY-----"
CASES = [
    ('{"Password": "hunter2"}', '{"Password": "***"}'),
    (
        '{"PostgreSQL": {"Password" : "hun\\"ter2", "x": 1}}',
        '{"PostgreSQL": {"Password" : "***", "x": 1}}',
    ),
    (
        '{"RegisteredUsers": {"alice": "hunter2", "bob": "x"}}',
        '{"RegisteredUsers": {"alice": "***", "bob": "***"}}',
    ),
    (
        '"OrthancPeers": {"p": ["http://h/", "alice", "hunter2"]}',
        '"OrthancPeers": {"p": ["http://h/", "***", "***"]}',
    ),
    ("db: postgres://alice:hunter2@db/x", "db: postgres://***@db/x"),
    ("  ORTHANC__POSTGRESQL__PASSWORD: hunter2", "  ORTHANC__POSTGRESQL__PASSWORD: ***"),
    ("- API_TOKEN=hunter2", "- API_TOKEN=***"),
    (
        'ORTHANC__REGISTERED_USERS: |\n  {"alice": "hunter2"}',
        'ORTHANC__REGISTERED_USERS: |\n  {"alice": "***"}',
    ),
    ("<server password='hunter2' port='1'/>", "<server password='***' port='1'/>"),
    ("<a><password>hunter2</password></a>", "<a><password>***</password></a>"),
    ("userPassword:: aHVu\n dGVyMg==\nsn: x", "userPassword:: ***\n ***\nsn: x"),
    ("dcmKeyStorePin: two words\nsn: x", "dcmKeyStorePin: ***\nsn: x"),
    ("dcmKeyStoreKeyPin:: aHVu\nsn: x", "dcmKeyStoreKeyPin:: ***\nsn: x"),
    ('{"dcmTrustStorePin":"hunter2"}', '{"dcmTrustStorePin":"***"}'),
    (
        f"{PEM}\nMIIE\n-----END",
        f"{PEM}***\n ***\n ***-----END",
    ),
    ("<key>Password</key>\n<string>hunter2</string>", "<key>Password</key>\n<string>***</string>"),
    ("redis://:hunter2@cache/0", "redis://***@cache/0"),
    ("AE Title;Password;Port\nCT1;hunter2;104\n", "AE Title;Password;Port\nCT1;***;104\n"),
]


@pytest.mark.parametrize(("text", "blanked"), CASES)
def test_blanked(text, blanked):
    after, findings = without_secrets(text)
    assert after == blanked
    assert {f.code for f in findings} == {"secret-blanked"}
    assert text.count("\n") == after.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        '{"AuthenticationEnabled": true, "PasswordRequired": false, "Token": null}',
        '<DicomExportService url="dicom://CALLED:CALLING@host:104"/>',
        "http://host:8042/path",
        "AE Title;Host;Port\nSECRET1;h;104\n",
        "token ring of the old building",
        '{"password": ""}',
    ],
)
def test_left_as_it_is(text):
    assert without_secrets(text) == (text, ())


def test_the_finding_names_the_line():
    _, findings = without_secrets('{\n"a": 1,\n"password": "x",\n"b": 2,\n"secret": "y"}')
    assert [f.line for f in findings] == [3, 5]


def test_no_reader_gives_a_secret_away():
    data = b"AE Title,Host,Port,Password\nCT1,h,104,hunter2\n"
    assert "hunter2" not in str(registry.read(data))


def test_a_table_that_cannot_be_cut_keeps_its_heading_only():
    text = 'AE Title,Password\n"' + "x" * 200_000 + ",hunter2\n"
    after, _ = without_secrets(text)
    assert "hunter2" not in after


@pytest.mark.parametrize("heading", ["Password", "DB password", "API key", "Secret", "auth_token"])
def test_headings_of_secrets(heading):
    assert is_secret_heading(heading)
    assert is_secret_heading(heading.replace(" ", "_"))


@pytest.mark.parametrize("heading", ["Passwort", "Kennwort (alt)", "Mot de passe", "Wachtwoord"])
def test_columns_of_secrets_below_a_title_and_in_other_languages(heading):
    text = f"our list\r\nAE-Titel;{heading};Port\r\nCT1;geheim;104\r\n"
    after, findings = without_secrets(text)
    assert "geheim" not in after
    assert after.splitlines()[2] == "CT1;***;104"
    assert [finding.line for finding in findings] == [3]


HOSTILE = [
    "password" * 100_000,
    "passw " + "a" * 1_000_000,
    "://" + "x:" * 500_000,
    '{"registeredusers":' + '{"a":"' * 100_000,
    PEM * 30_000,
    "<password" + " " * 500_000,
    "password" + " " * 500_000,
    "password: x\n" * 50_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_takes_time_in_proportion(text):
    """What took the square of its length would run into the suite's time limit."""
    after, _ = without_secrets(text * 4)
    assert after.count("\n") == text.count("\n") * 4


@given(st.text(alphabet="pasword\"':={}<>/ \n,-", max_size=80))
def test_never_raises_and_keeps_its_lines(text):
    after, _ = without_secrets("password " + text)
    assert after.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "RegisteredUsers: " + " " * 200_000,
        "http://" + "a:" * 100_000,
        'password="' + "a\\b" * 100_000,
        "api" + "\n" * 200_000,
        "user,password\n" + "\n" * 200_000,
    ],
)
def test_no_pattern_looks_at_a_place_again_and_again(text):
    with within(2.0):
        assert without_secrets(text)[0].count("\n") == text.count("\n")
