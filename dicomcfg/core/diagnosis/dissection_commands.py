"""The command set of a DIMSE message, taken apart element by element (PS3.7 6.3.1, Annex E).

A command set is always in Implicit VR Little Endian, whatever the context agreed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from dicomcfg.core.diagnosis.cutting import Cursor, hexadecimal, text
from dicomcfg.core.standard import codes
from dicomcfg.core.standard.dictionary import DictionaryEntry, dictionary
from dicomcfg.core.standard.enumerated import codes_of
from dicomcfg.core.standard.uids import lookup

COMMAND_SET: Final = "Command set"
_HEADER_SIZE: Final = 8
# A command set begins with its group length, tag (0000,0000), of four bytes.
_BEGINNING: Final = bytes.fromhex("0000000004000000")
_FIELD, _STATUS, _DATA_SET = "00000100", "00000900", "00000800"
_CLASSES: Final = ("00000002", "00000003")
_NO_DATA_SET: Final = 0x0101
_MAXIMUM_ELEMENTS: Final = 100


def begins_command_set(data: bytes) -> bool:
    """Whether a fragment is the first of a command set, and so can be taken apart by itself."""
    return data.startswith(_BEGINNING)


def command_set(inner: Cursor) -> str:
    """The elements as leaves; what the message is, with its SOP Class and its status."""
    said: dict[str, str] = {}
    for _ in range(_MAXIMUM_ELEMENTS):
        if not inner.has_more():
            break
        _element(inner, said)
    name = next((said[path] for path in _CLASSES if path in said), "")
    status = f"status {said[_STATUS]}" if _STATUS in said else ""
    head = " ".join(part for part in (said.get(_FIELD, ""), name) if part)
    return ", ".join(part for part in (head, status) if part)


def _element(inner: Cursor, said: dict[str, str]) -> None:
    """One element: group and number, two bytes each, a length of four, and the value."""
    header = inner.data[inner.at : min(inner.at + _HEADER_SIZE, inner.end)]
    tag = f"{int.from_bytes(header[:2], 'little'):04X}{int.from_bytes(header[2:4], 'little'):04X}"
    entry = dictionary().get(tag)
    label = entry.name if entry else f"Element ({tag[:4]},{tag[4:]})"

    def read(raw: bytes) -> tuple[str, str]:
        said[tag] = value = _value(tag, entry, raw[_HEADER_SIZE:])
        return value, "" if tag.startswith("0000") else "no element of a command set"

    inner.take(label, _HEADER_SIZE + int.from_bytes(header[4:], "little"), read)


def _value(tag: str, entry: DictionaryEntry | None, raw: bytes) -> str:
    vr = entry.vr if entry else ""
    if vr in ("US", "UL") and len(raw) in (2, 4):
        return _WORDS.get(tag, str)(int.from_bytes(raw, "little"))
    if vr == "UI":
        uid = text(raw.rstrip(b"\0"))[0]
        known = lookup(uid)
        return known.name if known else uid
    return text(raw.strip(b" \0"))[0] if vr in ("AE", "LO") else hexadecimal(raw)[0]


@cache
def _messages() -> Mapping[int, str]:
    """Command fields by number, as the standard abbreviates the messages: `C-ECHO-RQ`."""
    (table,) = codes_of(_FIELD)
    names = {int(code.value, 16): code.meaning.partition(",")[0] for code in table.codes}
    return {
        number: name.replace(" request", "-RQ").replace(" response", "-RSP")
        for number, name in names.items()
    }


def _message(number: int) -> str:
    return _messages().get(number, f"Command field {number:04X}H")


def _data_set(number: int) -> str:
    return f"{number:04X}H, {'none' if number == _NO_DATA_SET else 'one follows'}"


_WORDS: Final[dict[str, Callable[[int], str]]] = {
    _FIELD: _message,
    _DATA_SET: _data_set,
    _STATUS: codes.describe_status,
}
