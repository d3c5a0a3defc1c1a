"""TLS settings by name: what a folder holds, what is wrong with it, and what a context allows."""

from __future__ import annotations

import os
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.certificates import read_chain
from dicomcfg.network.tls import SettingsSummary, client_context, list_settings, server_context
from dicomcfg.network.tls_handshake import chain_of
from dicomcfg.network.tls_settings import TlsSettingsError
from tests.parts.certificates import Pair, authority, issue

CA = authority()
OWN = issue(CA, "worker.example", days=40)


@pytest.fixture
def setting(tmp_path: Path) -> Path:
    """The whole setting `hospital` in `tmp_path`: an authority, a certificate and its key."""
    folder = OWN.write(tmp_path / "hospital")
    (folder / "ca.pem").write_bytes(CA.pem)
    return folder


def refusal(name: str, folder: Path | None) -> tuple[str | None, str]:
    with pytest.raises(TlsSettingsError) as caught:
        client_context(name, folder)
    assert caught.value.outcome is Outcome.TLS_FAILURE
    return caught.value.detail, caught.value.problem


def test_a_whole_setting(setting: Path) -> None:
    tls = client_context("hospital", setting.parent)
    assert tls.server_name is None
    assert tls.context.check_hostname
    assert tls.context.verify_mode is ssl.CERT_REQUIRED
    assert tls.context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert len(tls.context.get_ca_certs()) == 1


def test_a_file_alone_is_the_authorities(tmp_path: Path) -> None:
    (tmp_path / "hospital.pem").write_bytes(CA.pem)
    assert client_context("hospital", tmp_path).server_name is None


def test_the_system_is_trusted_without_settings(tmp_path: Path) -> None:
    assert client_context("default", None) is client_context("default", tmp_path)
    (tmp_path / "default.pem").write_bytes(CA.pem)
    assert len(client_context("default", tmp_path).context.get_ca_certs()) == 1


@pytest.mark.parametrize(
    "name",
    ["other", "../hospital", "hospital/ca", "", ".", "..", "/etc", "a" * 65, "h\0", "hosp\n"],
)
def test_names_are_no_paths(setting: Path, name: str) -> None:
    assert refusal(name, setting.parent)[0] == "settings-missing"


def test_what_settings_choose(setting: Path) -> None:
    (setting / "settings.toml").write_text(
        'profile = "bcp195-nd"\ncheck_name = false\nserver_name = "pacs.example"\n'
    )
    tls = client_context("hospital", setting.parent)
    assert (tls.server_name, tls.context.check_hostname) == ("pacs.example", False)
    assert tls.context.verify_mode is ssl.CERT_REQUIRED
    below = [c["name"] for c in tls.context.get_ciphers() if c["protocol"] != "TLSv1.3"]
    assert below
    assert all("GCM" in name or "CHACHA20" in name for name in below)


@pytest.mark.parametrize("profile", ["bcp195", "bcp195-nd", "legacy"])
def test_no_profile_gives_up_secrecy_or_verification(setting: Path, profile: str) -> None:
    (setting / "settings.toml").write_text(f'profile = "{profile}"\n')
    context = client_context("hospital", setting.parent).context
    assert context.verify_mode is ssl.CERT_REQUIRED
    is_legacy = profile == "legacy"
    assert (context.minimum_version is ssl.TLSVersion.TLSv1_2) is not is_legacy
    names = [cipher["name"] for cipher in context.get_ciphers()]
    assert not [name for name in names if "NULL" in name or "ADH" in name]
    assert is_legacy or all(name.startswith(("TLS_", "ECDHE-", "DHE-")) for name in names)


@pytest.mark.parametrize(
    ("part", "content", "detail", "words"),
    [
        ("settings.toml", b"profile = ", "settings-unusable", "as TOML"),
        ("settings.toml", b"\xff", "settings-unusable", "as TOML"),
        ("settings.toml", b'profile = "none"', "settings-unusable", "bcp195, bcp195-nd, legacy"),
        ("settings.toml", b'check_name = "no"', "settings-unusable", "true or false"),
        ("settings.toml", b"profile = 1", "settings-unusable", "a text in quotes"),
        ("settings.toml", b'server_name = "a b"', "settings-unusable", "no host name"),
        ("settings.toml", b'ca = "/etc/x"', "settings-unusable", "may say profile"),
        ("ca.pem", b"", "settings-unusable", "no certificate in PEM form"),
        ("ca.pem", b"\x30\x82", "settings-unusable", "no certificate in PEM form"),
        ("ca.pem", None, "settings-unusable", "ca.pem is missing"),
        ("key.pem", None, "key-unusable", "key.pem is missing"),
        ("certificate.pem", None, "key-unusable", "certificate.pem is missing"),
        ("key.pem", b"none", "key-unusable", "cannot be read as PEM"),
        ("key.pem", authority().key_pem(), "key-unusable", "does not belong"),
        ("key.pem", OWN.key_pem(b"secret"), "key-unusable", "passphrase"),
    ],
)
def test_what_cannot_be_used(
    setting: Path, part: str, content: bytes | None, detail: str, words: str
) -> None:
    if content is None:
        (setting / part).unlink()
    else:
        (setting / part).write_bytes(content)
    found, problem = refusal("hospital", setting.parent)
    assert found == detail
    assert words in problem
    assert str(setting.parent) not in problem
    (summary,) = list_settings(setting.parent)
    assert summary.problems == (problem,)


def test_a_context_is_kept_until_a_file_changes(setting: Path) -> None:
    before = client_context("hospital", setting.parent).context
    assert client_context("hospital", setting.parent).context is before
    other = issue(CA, "renewed.example")
    other.write(setting)
    assert client_context("hospital", setting.parent).context is not before


def test_the_list_tells_subjects_and_days_and_no_path(setting: Path) -> None:
    folder = setting.parent
    (folder / "old.pem").write_bytes(authority("Old CA", days=-3).pem + CA.pem)
    (folder / "notes.txt").write_text("not a setting")
    hospital, old = list_settings(folder)
    assert hospital == SettingsSummary("hospital", (), ("CN=Hospital CA",), "CN=worker.example", 40)
    assert (old.authorities, old.certificate) == (("CN=Old CA", "CN=Hospital CA"), None)
    assert (old.days_left, len(old.problems)) == (-3, 1)
    assert "CN=Old CA expired on" in old.problems[0]
    assert list_settings(None) == list_settings(folder / "nowhere") == ()


def test_a_key_that_the_worker_cannot_read(setting: Path) -> None:
    # Root may read a file of any mode, but nobody the first page of a process.
    (setting / "key.pem").unlink()
    (setting / "key.pem").symlink_to("/proc/self/mem")
    assert "may not be read" in refusal("hospital", setting.parent)[1]


def test_an_acceptor_needs_a_certificate(setting: Path) -> None:
    context = server_context("hospital", setting.parent, wants_client_certificate=True)
    assert context.verify_mode is ssl.CERT_REQUIRED
    open_to_all = server_context("hospital", setting.parent, wants_client_certificate=False)
    assert open_to_all.verify_mode is ssl.CERT_NONE
    for name in ("key.pem", "certificate.pem"):
        (setting / name).unlink()
    with pytest.raises(TlsSettingsError, match="key-unusable"):
        server_context("hospital", setting.parent, wants_client_certificate=False)
    with pytest.raises(TlsSettingsError, match="settings-missing"):
        server_context("other", setting.parent, wants_client_certificate=False)


def message(chain: list[bytes], *, is_1_3: bool) -> bytes:
    """A Certificate message, put together by hand."""
    extensions = b"\0\0" if is_1_3 else b""
    entries = b"".join(len(der).to_bytes(3, "big") + der + extensions for der in chain)
    body = (b"\0" if is_1_3 else b"") + len(entries).to_bytes(3, "big") + entries
    return b"\x0b" + len(body).to_bytes(3, "big") + body


@pytest.mark.parametrize("version", [0x0303, 0x0304])
def test_the_chain_in_a_message(version: int) -> None:
    chain = [b"leaf", b"x" * 300, b""]
    whole = message(chain, is_1_3=version == 0x0304)
    assert chain_of(whole, version) == chain
    for cut in range(len(whole)):
        assert chain_of(whole[:cut], version) == chain[: len(chain_of(whole[:cut], version))]
    assert len(chain_of(message([b"x"] * 5000, is_1_3=version == 0x0304), version)) == 10


@given(st.binary(max_size=200), st.sampled_from([0x0301, 0x0303, 0x0304]))
def test_no_bytes_of_a_peer_break_the_reading(data: bytes, version: int) -> None:
    assert read_chain(chain_of(data, version)) == ()


def test_names_of_a_certificate_are_escaped_and_bounded() -> None:
    hostile = issue(CA, "evil\n\x1b[31m\u202e" + "x" * 40, names=("a.example", "10.0.0.5"))
    many: Pair = issue(CA, "many", names=tuple(f"h{n}.example" for n in range(500)))
    first, second, *rest = read_chain(
        [each.certificate.public_bytes(Encoding.DER) for each in (hostile, many)] + [b"junk"]
    )
    assert first.subject.isprintable()
    assert first.names == ("a.example", "10.0.0.5")
    assert len(second.names) == 32
    assert rest == []


ITS_DER = issue(CA, "broken.example").certificate.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("there", "instead", "names"),
    [
        (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x28", None),
        (b"\x82\x0ebroken.example", b"\xa3\x0ebroken.example", ()),
    ],
    ids=["a version that does not exist", "a kind of name that the library does not know"],
)
def test_a_certificate_that_the_library_refuses_breaks_nothing(
    there: bytes, instead: bytes, names: tuple[str, ...] | None
) -> None:
    assert there in ITS_DER
    found = read_chain([ITS_DER.replace(there, instead)])
    assert [each.names for each in found] == ([] if names is None else [names])


@given(st.data())
def test_no_change_to_a_certificate_breaks_the_reading(data: st.DataObject) -> None:
    changed = bytearray(ITS_DER)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        # The library says of some of them that it will not read them for much longer.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        assert len(read_chain([bytes(changed)])) <= 1


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the right to read everything, where the tests have it."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_the_worker_may_not_enter_is_told(setting: Path) -> None:
    setting.chmod(0)
    with as_nobody():
        assert refusal("hospital", setting.parent) == (
            "settings-unusable",
            "The folder may not be read by the worker.",
        )
    setting.chmod(0o700)
