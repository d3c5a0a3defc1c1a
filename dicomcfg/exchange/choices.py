"""What a person chooses about an import: how rows are matched and laid over, and what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from dicomcfg.inventory.services.errors import ServiceError

NEW: Final = "new:"
"""Before the name or title of what is to be made; otherwise a choice is an id as text."""

MERGE, REPLACE, ONLY_NEW = "merge", "replace", "new"
BY_TITLE, BY_ADDRESS, BY_NAME = "title", "address", "name"
TO_PROFILE, TO_ASSOCIATION = "profile", "association"
_VALUES: Final = {
    "mode": (MERGE, REPLACE, ONLY_NEW),
    "match": (BY_TITLE, BY_ADDRESS, BY_NAME),
    "profile_role": ("", "SCU", "SCP"),
    "target": (TO_PROFILE, TO_ASSOCIATION),
}
_MOST_TAGS = 50


@dataclass(frozen=True, slots=True)
class Choices:
    """All choices, each with what holds when nothing is said.

    `mode`: `merge` lays over what the files say, `replace` sets all that they know, `new` leaves
    alone what is stored. `match`: which stored AE a record means, by `title`, by title and
    `address`, or by the Device's `name`. `site` (an id, None for the first), `device` (an id as
    text or `new:NAME`), `profile` and `tags` are for what is new; a new AE follows the Profile in
    `profile_role`, and without a role new associations that bring no contexts follow it. Contexts
    that name no pair become a Profile, or (`target`) the association of `calling` and `called`,
    each an id as text or `new:TITLE`. `overwrite` decides about such a pair that exists: True sets
    its contexts to the files', False refuses, None does as `mode` says.
    """

    mode: str = MERGE
    match: str = BY_TITLE
    site: int | None = None
    device: str = ""
    profile: int | None = None
    profile_role: str = ""
    tags: tuple[str, ...] = ()
    target: str = TO_PROFILE
    calling: str = ""
    called: str = ""
    overwrite: bool | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Choices:
        """What an import's options say; what they say wrongly is as if unsaid."""
        wrong = problems_of(options)
        known = {field.name for field in fields(cls)} - wrong.keys()
        said = {name: value for name, value in options.items() if name in known}
        if "tags" in said:
            said["tags"] = tuple(said["tags"])
        return cls(**said)

    def to_options(self) -> dict[str, Any]:
        """Plain JSON for an import's options."""
        return {**asdict(self), "tags": list(self.tags)}


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as plain JSON. Raises ServiceError by field for what is no choice."""
    messages = problems_of(options)
    if messages:
        raise ServiceError(messages)
    plain = dict(options)
    if "tags" in plain:
        plain["tags"] = [tag.strip() for tag in plain["tags"] if tag.strip()]
    return plain


def problems_of(options: Mapping[str, Any]) -> dict[str, list[str]]:
    """A message for each option that is unknown or has no possible value."""
    known = {field.name for field in fields(Choices)}
    messages = {}
    for name, value in options.items():
        if name not in known:
            messages[name[:64]] = ["There is nothing to choose by this name."]
        elif not _is_possible(name, value):
            possible = ", ".join(repr(each) for each in _VALUES.get(name, ()))
            messages[name] = [f"This cannot be chosen{f': use {possible}' if possible else ''}."]
    return messages


def _is_possible(name: str, value: Any) -> bool:
    if name in _VALUES:
        return value in _VALUES[name]
    if name in ("site", "profile"):
        return value is None or (type(value) is int and 0 < value < 2**63)
    if name == "overwrite":
        return value is None or isinstance(value, bool)
    if name == "tags":
        is_list = isinstance(value, (list, tuple)) and len(value) <= _MOST_TAGS
        return is_list and all(_is_text(tag) for tag in value)
    return _is_text(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 254 and "\0" not in value


def new_name(choice: str) -> str | None:
    """The name or title of what is to be made, None where a choice names no such thing."""
    return choice.removeprefix(NEW).strip() if choice.startswith(NEW) else None


def chosen_id(choice: str) -> int | None:
    """The id that a choice names, None where it names none."""
    is_id = choice.isascii() and choice.isdecimal() and len(choice) < 19
    return int(choice) if is_id else None
