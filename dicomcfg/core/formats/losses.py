"""What a format has no place for: the findings of a writer, and the words for fields.

A field is named `RECORD.FIELD` (`ae.tags`, `device.location`, `association.presentation_contexts`,
`profile.description`). A finding about a loss has the code `not-carried` and the place in `path`:

- `aes`, `devices`, `associations`, `profiles`: all of them are left out;
- `aes[KEY]`, `devices[KEY]`, `profiles[NAME]`, `associations[CALLING:CALLED]`: the record is left
  out. What refers to a record that is left out goes with it and needs no word: an association of
  its AE, the name of its Device or Profile;
- `ae.tags`: the field of every record is at its default; `aes[KEY].tags`: of this record;
- `ae.connections[1:]`: of a list only the first stay (the number may be any). `profile.` stands
  for profiles and associations in this one and in `.unused`, since either has the same lists;
- `ae.connections.tls`: TLS is None;
- `FIELD.order` (`ae.transfer_capabilities.order`): the list, or lists within it, lost their order;
- `FIELD.spelling` (`device.name.spelling`, `ae.connections.tls.spelling`): some of the texts are
  other ones; each that was there is there;
- `ae.transfer_capabilities.merged`: only those as SCP are left, each SOP Class once and with the
  transfer syntaxes of all of the AE;
- `profile.presentation_contexts.merged`: contexts of one abstract syntax have become one;
- `FIELD.unused` (`profile.role_selections.unused`): what of the list could do nothing in its
  profile or association: contexts without a transfer syntax; roles and extended negotiation of a
  SOP Class in no context, of one for the second time, or that say nothing;
- `profiles.merged`: the contexts of all profiles, then of all associations, stand in one list of
  any name, in which those of one abstract syntax have become one;
- `associations.pair`: associations have become profiles of any name, with their contexts, role
  selections and extended negotiation and nothing else;
- `SECTION.added`: the format needs records of which the Document has none (a Device for an AE).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from typing import Any, Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.records import Ae, Association, Device, Document, Profile

SECTIONS: Final[dict[str, tuple[str, type]]] = {
    "devices": ("device", Device),
    "aes": ("ae", Ae),
    "associations": ("association", Association),
    "profiles": ("profile", Profile),
}
# What tells a record from others, and what only refers, is no field that could be lost alone.
_IDENTITY: Final = frozenset(
    {
        *("device.key", "device.name", "ae.key", "ae.ae_title", "profile.name"),
        *("association.calling", "association.called"),
    }
)
_WRITTEN: Final = {"ae": "AE", "profile": "Profile"}
_REMEDY: Final = "Keep a dicomcfg-json file beside it, which carries everything."


def not_carried(place: str, message: str, remedy: str = _REMEDY) -> Finding:
    """One loss; `place` is written as the module says."""
    return Finding("not-carried", Severity.WARNING, place, message, remedy, path=place)


def every_field() -> frozenset[str]:
    """All fields of all records, for a format that carries everything."""
    return frozenset(
        f"{word}.{field.name}" for word, kind in SECTIONS.values() for field in fields(kind)
    )


def losses(document: Document, knows: frozenset[str]) -> tuple[Finding, ...]:
    """A finding for every section and field that holds something and is not among `knows`.

    A section is carried when `knows` has any field of it. What gets lost within a field that is
    known (further connections, an order) is for the writer to say.
    """
    found: list[Finding] = []
    for section, (word, kind) in SECTIONS.items():
        records: tuple[Any, ...] = getattr(document, section)
        if not records:
            continue
        if not any(name.startswith(f"{word}.") for name in knows):
            what = _counted(len(records), word)
            found.append(not_carried(section, f"This format has no place for {what}."))
            continue
        found += _lost_fields(word, kind, records, knows)
    return tuple(found)


def _lost_fields(
    word: str, kind: type, records: tuple[Any, ...], knows: frozenset[str]
) -> Iterator[Finding]:
    for field in fields(kind):
        name = f"{word}.{field.name}"
        if name in knows or name in _IDENTITY:
            continue
        count = sum(getattr(record, field.name) != default_of(field) for record in records)
        if count:
            shown = field.name.replace("_", " ")
            what = f"the {shown} of {_counted(count, word)}"
            yield not_carried(name, f"This format has no place for {what}.")


def _counted(count: int, word: str) -> str:
    """`200 AEs`: a record as people write it."""
    return f"{count:,} {_WRITTEN.get(word, word)}{'s' if count > 1 else ''}"


def default_of(field: Field[Any]) -> Any:
    """What a field holds where nothing was said; an empty text for one that must be given."""
    return "" if field.default is MISSING else field.default
