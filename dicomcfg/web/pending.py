"""What a preview showed and its button sends back: lists that no field of a form would hold.

They travel as JSON in a hidden field, so that what is saved is what was shown. Anybody may have
changed them on the way: here they only get their shape, the services judge what they hold.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from django import forms

from dicomcfg.core.records import (
    ExtendedNegotiation,
    PresentationContext,
    RoleSelection,
    TransferCapability,
)
from dicomcfg.inventory.services import capability_rows
from dicomcfg.inventory.services.proposed_sets import ProposedSet

MISSHAPEN = "What was shown did not arrive as it was sent. Start the change again."

T = TypeVar("T")


class _PendingField(forms.CharField, ABC, Generic[T]):
    """A hidden field of JSON; gives the value that `shaped` makes of it."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        """Raises ValidationError for what is no such JSON."""
        text = super().clean(value)
        try:
            return self.shaped(json.loads(text))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise forms.ValidationError(MISSHAPEN) from None

    @abstractmethod
    def shaped(self, data: Any) -> T:
        """The value. Raises KeyError, TypeError or ValueError for another shape."""


class ProposedField(_PendingField[ProposedSet]):
    """Contexts, roles and extended negotiations; see `proposed_text`."""

    def shaped(self, data: Any) -> ProposedSet:
        """The set, in which every value has its type."""
        return ProposedSet(
            tuple(
                PresentationContext(
                    _text(each["abstract_syntax"]), _texts(each["transfer_syntaxes"])
                )
                for each in data["presentation_contexts"]
            ),
            tuple(
                RoleSelection(_text(each["sop_class"]), each["scu"] is True, each["scp"] is True)
                for each in data["role_selections"]
            ),
            tuple(
                ExtendedNegotiation(_text(each["sop_class"]), _text(each["information"]))
                for each in data["extended_negotiations"]
            ),
        )


class CapabilitiesField(_PendingField[tuple[TransferCapability, ...]]):
    """Transfer Capabilities; see `capabilities_text`."""

    def shaped(self, data: Any) -> tuple[TransferCapability, ...]:
        """The capabilities, in which every value has its type."""
        return tuple(
            TransferCapability(
                _text(each["sop_class"]), _text(each["role"]), _texts(each["transfer_syntaxes"])
            )
            for each in data["transfer_capabilities"]
        )


def proposed_text(proposed: ProposedSet) -> str:
    """The value of a ProposedField."""
    return json.dumps(proposed.snapshot())


def capabilities_text(capabilities: tuple[TransferCapability, ...]) -> str:
    """The value of a CapabilitiesField."""
    return json.dumps(capability_rows.snapshot(capabilities))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value))
    value.encode()  # JSON can hold half a character, which no database and no page can
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(type(value))
    return tuple(map(_text, value))
