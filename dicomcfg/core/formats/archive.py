"""Zip archives, opened within bounds: members, bytes and what they inflate to.

Nothing is written to a disk, so that a member's name cannot lead anywhere; it is only shown.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.core.formats.text import clip

MAXIMUM_MEMBERS: Final = 500
MAXIMUM_INFLATED_BYTES: Final = 60_000_000
_PIECE_BYTES: Final = 65_536
_ENTRY: Final = b"PK\x01\x02"
# Others give whatever a piece unpacks to at once, which a few bytes can make gigabytes.
METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNSEEN: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db")
BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    UnicodeError,
    ValueError,
)


def is_archive(data: bytes) -> bool:
    """Whether these are the bytes of a zip archive, a workbook's among them."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def problem_of(data: bytes, most_bytes: int = MAXIMUM_INFLATED_BYTES) -> Finding | None:
    """What forbids opening an archive: damage, too many members, or too much in them."""
    # Counted before anything is parsed: each entry would become an object.
    if data.count(_ENTRY) > MAXIMUM_MEMBERS:
        return _problem(
            "archive-too-large",
            f"The archive has more than {MAXIMUM_MEMBERS} members.",
            "Pack the files that are to be read alone.",
        )
    inflated = inflated_bytes(data)
    if inflated is None:
        return _broken("The archive is damaged.")
    return too_large(inflated, most_bytes) if inflated > most_bytes else None


def too_large(inflated: int, most_bytes: int) -> Finding:
    """What is said of an archive that unpacks to more than there is room for."""
    return _problem(
        "archive-too-large",
        f"The archive would unpack to {inflated:,} bytes; at most {most_bytes:,} are read.",
        "Pack the files that are to be read alone.",
    )


def inflated_bytes(data: bytes) -> int | None:
    """What an archive says that it unpacks to, None for one that is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except BROKEN:
        return None


def members_of(data: bytes) -> tuple[list[tuple[str, bytes]], list[Finding]]:
    """(name, bytes) of the files in an archive that `problem_of` allows; findings about others."""
    files: list[tuple[str, bytes]] = []
    findings: list[Finding] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            name = member.filename.replace("\\", "/")
            # Not `is_dir`, which raises where there is no name.
            if name.endswith("/") or any(part in name for part in _UNSEEN):
                continue
            if not name:
                message = "A member without a name is not read."
                remedy = "Pack the files again."
                findings.append(_warning("archive-member-unreadable", "", message, remedy))
                continue
            content = _content(archive, member)
            if isinstance(content, Finding):
                findings.append(content)
            elif is_archive(content) and b"[Content_Types].xml" not in content[:4_000]:
                message = f"{clip(name)} is an archive inside the archive; it is not opened."
                findings.append(_warning("archive-nested", name, message, "Give it by itself."))
            else:
                files.append((name, content))
    return files, findings


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | Finding:
    name = member.filename
    if member.flag_bits & 1:
        message = f"{clip(name)} is encrypted; it is not read."
        return _warning("archive-member-unreadable", name, message, "Pack it without a password.")
    if member.compress_type not in METHODS:
        message = f"{clip(name)} is packed by a method that is not read."
        return _warning("archive-member-unreadable", name, message, "Pack it by Deflate.")
    if member.file_size > MAXIMUM_BYTES:
        message = (
            f"{clip(name)} has {member.file_size:,} bytes; at most {MAXIMUM_BYTES:,} are read."
        )
        return _warning("archive-member-unreadable", name, message, "Split it.")
    try:
        # Piece by piece: read at once, a member that inflates to more than its entry declares
        # would do so in memory before it is cut.
        with archive.open(member) as opened:
            return b"".join(iter(lambda: opened.read(_PIECE_BYTES), b""))
    except BROKEN:
        message = f"{clip(name)} cannot be unpacked; it is damaged."
        return _warning("archive-member-unreadable", name, message, "Pack it again.")


def _warning(code: str, name: str, message: str, remedy: str) -> Finding:
    return Finding(code, Severity.WARNING, clip(name), message, remedy, file=clip(name, 254))


def _problem(code: str, message: str, remedy: str) -> Finding:
    return Finding(code, Severity.ERROR, "file", message, remedy)


def _broken(message: str) -> Finding:
    return _problem("archive-damaged", message, "Pack the files again.")
