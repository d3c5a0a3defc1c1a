"""Forms of what a request says beside its contexts: SOP Class by SOP Class, and as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory

from dicomcfg.core.negotiation.options import (
    MAXIMUM_LENGTH,
    CommonExtendedNegotiation,
    Identity,
    RequestOptions,
    is_passcode_variable,
)
from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, RoleSelection
from dicomcfg.core.standard import uids
from dicomcfg.inventory.services.association_findings import MAXIMUM_HEX_DIGITS

# Nothing proposed is other bytes than proposing the default (PS3.7 D.3.3.4).
ROLES = {
    "": "Not proposed",
    "10": "SCU (1/0)",
    "01": "SCP (0/1)",
    "11": "SCU and SCP (1/1)",
    "00": "Neither (0/0)",
}
LARGEST_MAXIMUM_LENGTH = 1 << 20


class ClassForm(forms.Form):
    """What is proposed for one SOP Class; empty fields propose nothing."""

    sop_class = forms.CharField(max_length=64, widget=forms.HiddenInput)
    role = forms.ChoiceField(choices=list(ROLES.items()), required=False, label="Role selection")
    information = forms.CharField(
        required=False,
        max_length=3 * MAXIMUM_HEX_DIGITS,
        label="Extended negotiation",
        widget=forms.TextInput({"class": "mono", "placeholder": "none", "spellcheck": "false"}),
    )

    @property
    def uid(self) -> str:
        """The SOP Class of the row, whether it was posted or not."""
        return str(self["sop_class"].value() or "")

    def clean_information(self) -> str:
        """Bytes as hexadecimal in one spelling."""
        text = "".join(self.cleaned_data["information"].split()).lower()
        if not re.fullmatch("([0-9a-f]{2})*", text):
            raise forms.ValidationError("Write bytes as hexadecimal: 0101.")
        return text


class BaseClassForms(BaseFormSet[ClassForm]):
    """A row a SOP Class."""

    def role_selections(self) -> tuple[RoleSelection, ...]:
        """What is proposed; call when valid."""
        return tuple(
            RoleSelection(data["sop_class"], data["role"][0] == "1", data["role"][1] == "1")
            for data in self.cleaned_data
            if data.get("role")
        )

    def extended_negotiations(self) -> tuple[ExtendedNegotiation, ...]:
        """What is proposed; call when valid."""
        return tuple(
            ExtendedNegotiation(data["sop_class"], data["information"])
            for data in self.cleaned_data
            if data.get("information")
        )


ClassForms = formset_factory(ClassForm, formset=BaseClassForms, extra=0, max_num=400)


def initial_of(
    contexts: Iterable[PresentationContext], options: RequestOptions
) -> list[dict[str, Any]]:
    """A row for every SOP Class that is proposed or has something set, in their order."""
    roles = {role.sop_class: f"{role.scu:d}{role.scp:d}" for role in options.role_selections}
    extended = {each.sop_class: each.information for each in options.extended_negotiations}
    classes = (*(context.abstract_syntax for context in contexts), *roles, *extended)
    return [
        {"sop_class": uid, "role": roles.get(uid, ""), "information": extended.get(uid, "")}
        for uid in dict.fromkeys(classes)
    ]


class CommonField(forms.CharField):
    """Lines of SOP Class, service class and related general classes; gives their records."""

    widget = forms.Textarea

    def clean(self, value: Any) -> tuple[CommonExtendedNegotiation, ...]:
        """Every line that cannot be resolved is named with its number."""
        found, problems = [], []
        for number, line in enumerate(super().clean(value).splitlines(), 1):
            words = [word.strip() for word in line.split(",") if word.strip()]
            resolved = [uids.resolve(word) for word in words]
            if words and (len(words) < 2 or None in resolved):
                problems.append(f"Line {number} is not a SOP Class, a comma and a service class.")
            elif words:
                first, service, *related = (uid for uid in resolved if uid)
                found.append(CommonExtendedNegotiation(first, service, tuple(related)))
        if problems:
            raise forms.ValidationError(problems)
        return tuple(found)


class OptionsForm(forms.Form):
    """What one negotiation proposes for the association as a whole."""

    maximum_length = forms.IntegerField(
        min_value=0,
        max_value=LARGEST_MAXIMUM_LENGTH,
        initial=MAXIMUM_LENGTH,
        help_text="Bytes that we take in a P-DATA PDU; 0 is no limit.",
    )
    application_context = forms.CharField(
        max_length=64,
        initial=RequestOptions().application_context,
        widget=forms.TextInput({"class": "mono", "spellcheck": "false"}),
        help_text="DICOM has only one; another is refused by peers that look.",
    )
    window = forms.BooleanField(required=False, label="Propose an asynchronous operations window")
    invoked = forms.IntegerField(
        required=False, min_value=0, max_value=65535, initial=1, label="Operations invoked"
    )
    performed = forms.IntegerField(
        required=False, min_value=0, max_value=65535, initial=1, label="Operations performed"
    )
    username = forms.CharField(
        required=False,
        max_length=128,
        label="User name",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        help_text="Empty proposes no user identity. It is blanked in everything kept of the wire.",
    )
    passcode_variable = forms.CharField(
        required=False,
        max_length=84,
        label="Environment variable with the passcode",
        widget=forms.TextInput({"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
        help_text="The name of a variable of the worker, as DICOMCFG_PASSCODE_PACS; "
        "never the passcode itself.",
    )
    response_requested = forms.BooleanField(
        required=False, label="Ask for a positive response to the user identity"
    )
    common = CommonField(
        required=False,
        label="Common extended negotiation",
        widget=forms.Textarea({"rows": 2, "class": "mono", "spellcheck": "false"}),
        help_text="One a line: SOP Class, service class, related general SOP Classes; by commas.",
    )

    def clean_application_context(self) -> str:
        """Any UID: a meaningless one is a test, text that is none cannot be sent."""
        uid: str = self.cleaned_data["application_context"].strip()
        problem = uids.uid_problem(uid)
        if problem:
            raise forms.ValidationError(f"This {problem}.")
        return uid

    def clean_passcode_variable(self) -> str:
        """Only names that cannot be those of the server's own secrets."""
        name: str = self.cleaned_data["passcode_variable"]
        if name and not is_passcode_variable(name):
            raise forms.ValidationError("The name begins with DICOMCFG_PASSCODE_, in capitals.")
        return name

    def clean(self) -> dict[str, Any]:
        """A passcode goes with a name, and a window needs both numbers."""
        data = super().clean() or {}
        if data.get("passcode_variable") and not data.get("username"):
            self.add_error("username", "A passcode needs a user name.")
        if data.get("window"):
            for name in ("invoked", "performed"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, "Give a number; 0 is no limit.")
        return data

    def options(self, classes: BaseClassForms) -> RequestOptions:
        """All that is proposed beside the contexts; call when both are valid."""
        data = self.cleaned_data
        return RequestOptions(
            role_selections=classes.role_selections(),
            extended_negotiations=classes.extended_negotiations(),
            common_extended_negotiations=data["common"],
            asynchronous_window=(data["invoked"], data["performed"]) if data["window"] else None,
            identity=self._identity(),
            maximum_length=data["maximum_length"],
            application_context=data["application_context"],
        )

    def _identity(self) -> Identity | None:
        data = self.cleaned_data
        if not data["username"]:
            return None
        variable = data["passcode_variable"] or None
        return Identity(data["username"], variable, data["response_requested"])
