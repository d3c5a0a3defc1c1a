"""Named TLS settings in a folder of the server: which files they have and what those choose.

`{folder}/{name}/` holds `ca.pem`, for a certificate of our own `certificate.pem` and `key.pem`,
and `settings.toml` for what differs from the rule; `{folder}/{name}.pem` is a `ca.pem` alone.
Names travel; paths and key material never leave this host.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.findings import has_errors
from dicomcfg.core.standard.endpoint import check_hostname
from dicomcfg.network.failure import NetworkFailure

MISSING, UNUSABLE, KEY_UNUSABLE = "settings-missing", "settings-unusable", "key-unusable"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PARTS = {
    "ca.pem": "authorities",
    "certificate.pem": "certificate",
    "key.pem": "key",
    "settings.toml": "choices",
}
_LISTED_BOUND = 100
_TOML_BOUND_BYTES = 1 << 16


class TlsSettingsError(NetworkFailure):
    """Settings that this host does not have or cannot use.

    `problem` says to its administrator what is wrong; it names no path.
    """

    def __init__(self, detail: str, problem: str) -> None:
        super().__init__(Outcome.TLS_FAILURE, detail)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Choices:
    """What `settings.toml` may say.

    `profile` is a key of network.tls.PROFILES. `check_name` compares the certificate's names
    with the host, or with `server_name` where the certificate calls the peer otherwise.
    """

    profile: str = "bcp195"
    check_name: bool = True
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """Where the parts of one setting are, None for a part that is not there.

    `stamps` differ as soon as any of the files does, so that a context can be kept until then.
    `is_closed` says that this process may not look into the folder.
    """

    name: str
    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    choices: Path | None = None
    stamps: tuple[tuple[int, int, int], ...] = ()
    is_closed: bool = False


def find(name: str, folder: Path | None) -> Files | None:
    """The files of this name, None where there are none or it is no name."""
    if folder is None or _NAME.fullmatch(name) is None:
        return None
    try:
        return _look_for(name, folder)
    except PermissionError:
        return Files(name, is_closed=True)


def _look_for(name: str, folder: Path) -> Files | None:
    inside, alone = folder / name, folder / f"{name}.pem"
    if inside.is_dir():
        parts = [inside / part for part in _PARTS]
    elif alone.is_file():
        parts = [alone]
    else:
        return None
    there: dict[str, Any] = {
        part: path for part, path in zip(_PARTS.values(), parts, strict=False) if path.is_file()
    }
    return Files(name, stamps=tuple(map(_stamp, there.values())), **there)


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def find_all(folder: Path | None) -> Iterator[Files]:
    """Every setting of a folder by name; a folder that cannot be read has none."""
    try:
        entries = list(folder.iterdir()) if folder is not None else []
    except OSError:
        return
    for name in sorted({entry.name.removesuffix(".pem") for entry in entries})[:_LISTED_BOUND]:
        files = find(name, folder)
        if files is not None:
            yield files


def choices_of(files: Files) -> Choices:
    """What the settings say. Raises TlsSettingsError `settings-unusable`."""
    if files.is_closed:
        raise TlsSettingsError(UNUSABLE, "The folder may not be read by the worker.")
    if files.choices is None:
        return Choices()
    try:
        with files.choices.open("rb") as file:
            found = tomllib.loads(file.read(_TOML_BOUND_BYTES).decode())
    except (OSError, ValueError) as error:
        raise TlsSettingsError(UNUSABLE, "settings.toml cannot be read as TOML.") from error
    for name, value in found.items():
        _check(name, value)
    return Choices(**found)


def _check(name: str, value: Any) -> None:
    known = [field.name for field in fields(Choices)]
    if name not in known:
        problem = f"settings.toml says {name[:40]!r}; it may say {', '.join(known)}."
        raise TlsSettingsError(UNUSABLE, problem)
    wanted, words = (bool, "true or false") if name == "check_name" else (str, "a text in quotes")
    if not isinstance(value, wanted):
        raise TlsSettingsError(UNUSABLE, f"settings.toml: {name} must be {words}.")
    if name == "server_name" and has_errors(check_hostname(str(value))):
        raise TlsSettingsError(UNUSABLE, "settings.toml: server_name is no host name.")
