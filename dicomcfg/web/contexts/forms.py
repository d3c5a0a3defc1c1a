"""Forms of presentation contexts: an abstract syntax, and transfer syntaxes in their order."""

from __future__ import annotations

from typing import Any

from django import forms

from dicomcfg.core.negotiation.selection import every_class
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard import uids
from dicomcfg.web.uids import label_of

_EVERY = 10_000
_SHOWN_PROBLEMS = 20


def abstract_syntaxes() -> list[uids.UidEntry]:
    """All that can be chosen, by service and name, what is retired last."""
    return every_class(include_retired=True)


def transfer_syntaxes() -> list[uids.UidEntry]:
    """All that can stand in an association, what is retired last."""
    found = uids.search("", uids.TRANSFER_SYNTAX, _EVERY)
    return [entry for entry in found if entry.usable]


class TransferSyntaxesField(forms.CharField):
    """One UID, name or keyword a line, in order of preference; gives a tuple of UIDs."""

    widget = forms.Textarea

    def clean(self, value: Any) -> tuple[str, ...]:
        """Every line that cannot be resolved is named with its number."""
        text: str = super().clean(value)
        lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        found = [(n, line, uids.resolve(line, uids.TRANSFER_SYNTAX)) for n, line in lines]
        problems = [
            f"Line {n}: {line[:80]} is no transfer syntax." for n, line, uid in found if not uid
        ]
        if len(problems) > _SHOWN_PROBLEMS:
            rest = f"And {len(problems) - _SHOWN_PROBLEMS:,} more lines."
            problems = [*problems[:_SHOWN_PROBLEMS], rest]
        if problems:
            raise forms.ValidationError(problems)
        return tuple(uid for _, _, uid in found if uid)

    def prepare_value(self, value: Any) -> Any:
        """UIDs as lines of names; what a person typed stays as it was."""
        if not isinstance(value, (tuple, list)):
            return value
        return "\n".join(label_of(uid, uids.TRANSFER_SYNTAX) for uid in value)


class ContextForm(forms.Form):
    """One presentation context; its abstract syntax is chosen from the list or typed."""

    # The script hides the text area, and a browser cannot point at a hidden field.
    use_required_attribute = False

    listed = forms.CharField(required=False, max_length=64)
    abstract_syntax = forms.CharField(
        required=False,
        max_length=120,
        label="Or type a UID or a full name",
        help_text="A private or newer abstract syntax is typed as its UID.",
        widget=forms.TextInput({"spellcheck": "false", "autocomplete": "off"}),
    )
    transfer_syntaxes = TransferSyntaxesField(
        help_text="One a line, the preferred one first; names or UIDs."
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """The one abstract syntax that was chosen or typed, as a UID."""
        data = super().clean() or {}
        if {"listed", "abstract_syntax"} & self.errors.keys():
            return data
        named = [text for text in (data["listed"], data["abstract_syntax"]) if text]
        found = {text: uids.resolve(text, uids.ABSTRACT_SYNTAX) for text in named}
        for text, uid in found.items():
            if uid is None:
                words = f"{text} is no abstract syntax: type a UID or a full name."
                self.add_error("abstract_syntax", words)
        if not found:
            self.add_error("abstract_syntax", "Choose an abstract syntax, or type one.")
        elif len(set(found.values())) > 1 and None not in found.values():
            words = "One abstract syntax at a time: choose it from the list or type it, not both."
            self.add_error("abstract_syntax", words)
        data["abstract_syntax"] = next(iter(found.values()), None)
        return data

    def context(self) -> PresentationContext:
        """The record that the form describes; call when valid."""
        data = self.cleaned_data
        return PresentationContext(data["abstract_syntax"], data["transfer_syntaxes"])

    @staticmethod
    def initial_of(context: PresentationContext) -> dict[str, Any]:
        """The fields' values for an existing context."""
        uid = context.abstract_syntax
        entry = uids.lookup(uid)
        known = entry is not None and entry.kind in uids.ABSTRACT_SYNTAX
        field = "listed" if known else "abstract_syntax"
        return {field: uid, "transfer_syntaxes": context.transfer_syntaxes}
