"""The forms of an AE: the page's form with its connections, the row's, the bulk edit's.

Forms only turn text into values; what an AE may be is decided by the inventory's services, whose
messages come back under the fields' names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, cast

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from msgspec import structs

from dicomcfg.core.records import Connection
from dicomcfg.inventory.models import AE, Device, Site, State
from dicomcfg.inventory.models import Connection as ConnectionRow
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision


class DeviceField(forms.CharField):
    """A device by its name, typed with suggestions: 10,000 do not fit a select."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 254, **options})
        self.widget.attrs |= {"list": "device-names", "autocomplete": "off", "data-suggest": ""}

    def prepare_value(self, value: Any) -> Any:
        """Show a Device by its name."""
        return value.name if isinstance(value, Device) else value

    def clean(self, value: Any) -> Device | None:
        """The device, or None where the field is empty."""
        name = super().clean(value)
        if not name:
            return None
        device = Device.objects.filter(name__iexact=name).first()
        if device is None:
            raise forms.ValidationError("There is no device of this name. Add it under Devices.")
        return device


class TagsField(forms.CharField):
    """Words between commas."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, **options})

    def prepare_value(self, value: Any) -> Any:
        """Show the words again."""
        return ", ".join(value) if isinstance(value, (tuple, list)) else value

    def clean(self, value: Any) -> tuple[str, ...]:
        """The words, without blanks."""
        return tuple(word.strip() for word in super().clean(value).split(",") if word.strip())


class TlsField(forms.CharField):
    """TLS settings by name, typed with what the workers have as suggestions; empty for none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"label": "TLS settings", "required": False, **options})
        self.widget.attrs |= {"list": "tls-names", "autocomplete": "off", "data-suggest": ""}


class ConnectionForm(forms.Form):
    """Where an AE listens."""

    hostname = forms.CharField(label="Host or address", required=False)
    port = forms.IntegerField(label="Port", min_value=1, max_value=65_535, initial=104)
    tls = TlsField()
    use_required_attribute = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("hostname", "tls"):
            self.fields[name].widget.attrs |= {"class": "mono", "spellcheck": "false"}
        self.fields["tls"].widget.attrs["placeholder"] = "none"
        self.fields["port"].widget.attrs["inputmode"] = "numeric"

    def connection(self) -> Connection:
        """The record; call when valid."""
        data = self.cleaned_data
        return Connection(data["hostname"], data["port"], data["tls"] or None)


class BaseConnections(BaseFormSet[ConnectionForm]):
    """An AE's connections in order; rows may be added, moved and removed, and those without a
    host are left out."""

    def connections(self) -> tuple[Connection, ...]:
        """The rows that hold something, in the order shown; call when valid."""
        return tuple(form.connection() for form in self.filled)

    @property
    def filled(self) -> list[ConnectionForm]:
        """The forms behind `connections`."""
        return [form for form in self.ordered_forms if form.cleaned_data.get("hostname")]


ConnectionForms = formset_factory(
    ConnectionForm, formset=BaseConnections, extra=0, can_order=True, can_delete=True, max_num=50
)


class AeForm(forms.Form):
    """Everything of an AE but its connections."""

    ae_title = forms.CharField(label="AE title", required=False)
    site = forms.ModelChoiceField(queryset=Site.objects.all(), empty_label=None)
    device = DeviceField()
    description = forms.CharField(required=False)
    state = forms.ChoiceField(choices=State.choices, initial=State.LIVE)
    tags = TagsField(help_text="Words between commas, for grouping and filtering.")
    association_acceptor = forms.BooleanField(
        label="Accepts associations", required=False, initial=True
    )
    association_initiator = forms.BooleanField(
        label="Initiates associations", required=False, initial=True
    )
    maximum_associations_in = forms.IntegerField(
        label="Most associations in", required=False, help_text="Empty: not known."
    )
    maximum_associations_out = forms.IntegerField(
        label="Most associations out", required=False, help_text="Empty: not known."
    )
    do_not_probe = forms.BooleanField(
        label="Do not probe: never send anything to this AE", required=False
    )
    do_not_probe_reason = forms.CharField(label="Reason not to probe", required=False)
    allows_find = forms.BooleanField(
        label="Allow find: queries that no record can match",
        required=False,
        help_text="Operators may send it a C-FIND for a study that does not exist. Nothing it "
        "answers is kept.",
    )
    allows_store = forms.BooleanField(
        label="Allow store: a marked test object",
        required=False,
        help_text="Operators may send it a small test image or report. It keeps the object until "
        "somebody deletes it there.",
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    pk = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sites = list(Site.objects.all())
        self.fields["ae_title"].widget.attrs |= {
            "class": "mono",
            "spellcheck": "false",
            "autocapitalize": "off",
        }
        self.fields["site"].initial = min(self.sites, key=lambda site: site.pk, default=None)
        if len(self.sites) == 1:
            self.fields["site"].widget = forms.HiddenInput()

    def ae_data(self, connections: tuple[Connection, ...]) -> AeData:
        """What the service takes; call when valid."""
        data = {
            field.name: self.cleaned_data[field.name]
            for field in structs.fields(AeData)
            if field.name != "connections"
        }
        return AeData(**data, connections=connections)

    @staticmethod
    def initial_of(ae: AE) -> dict[str, Any]:
        """The form's values for a saved AE, but its connections."""
        data = AeData.of(ae)
        names = (field.name for field in structs.fields(AeData))
        values = {name: getattr(data, name) for name in names}
        return {**values, "revision": ae.revision, "pk": ae.pk}


class AeRowForm(forms.Form):
    """What the table's row edits: the AE's main fields and its first connection."""

    ae_title = forms.CharField(label="AE title", required=False)
    hostname = forms.CharField(label="Host", required=False)
    port = forms.IntegerField(label="Port", required=False, min_value=1, max_value=65_535)
    tls = TlsField()
    device = DeviceField(label="Device")
    state = forms.ChoiceField(label="State", choices=State.choices)
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("ae_title", "hostname", "tls"):
            self.fields[name].widget.attrs |= {"class": "mono", "spellcheck": "false"}


class AeBulkForm(forms.Form):
    """Values to set on many AEs; what stays empty is left alone."""

    state = forms.ChoiceField(choices=[("", "Leave as it is"), *State.choices], required=False)
    device = DeviceField(help_text="Empty leaves each AE's device alone.")
    no_device = forms.BooleanField(label="Take them from their device", required=False)
    add_tags = TagsField(label="Add tags", help_text="Words between commas.")
    remove_tags = TagsField(label="Remove tags", help_text="Words between commas.")
    hostname = forms.CharField(
        label="Host of the first connection", required=False, help_text="For a system that moved."
    )
    port = forms.IntegerField(
        label="Port of the first connection", required=False, min_value=1, max_value=65_535
    )

    def __init__(self, posted: QueryDict | None = None) -> None:
        super().__init__(posted, auto_id="bulk_%s")
        for bound in self.fields.values():
            bound.widget.attrs["form"] = "bulk"  # the dialog stands outside of the form

    def clean(self) -> dict[str, Any]:
        """Something must be asked for, and not two things at once."""
        data = super().clean() or {}
        if data.get("device") and data.get("no_device"):
            self.add_error("no_device", "Choose a device or none, not both.")
        if not self.errors and not any(data.values()):
            raise forms.ValidationError("Nothing is filled in, so nothing would change.")
        return data

    def changes(self) -> dict[str, Any]:
        """The keyword arguments of `bulk_update`; call when valid."""
        data = {name: value for name, value in self.cleaned_data.items() if value}
        if data.pop("no_device", False):
            data["device"] = None
        return data


class EchoForm(forms.Form):
    """How an AE is echoed: over which of its connections, and under whose title."""

    connection = forms.ModelChoiceField(queryset=ConnectionRow.objects.none(), required=False)
    calling = forms.CharField(required=False)

    def __init__(self, posted: QueryDict, *, ae: AE) -> None:
        super().__init__(posted)
        connection = cast("forms.ModelChoiceField[ConnectionRow]", self.fields["connection"])
        connection.queryset = ae.connections.all()

    def clean_calling(self) -> AE | None:
        """The AE whose title is borrowed, by its title; None for our own."""
        title = self.cleaned_data["calling"]
        if not title:
            return None
        ae = AE.objects.filter(ae_title=title).order_by("pk").first()
        if ae is None:
            raise forms.ValidationError("No AE of the table bears this title.")
        return ae


class AeWithConnections:
    """The AE's form and its connections' forms as one: valid together, refused together."""

    def __init__(self, posted: QueryDict | None, ae: AE | None = None, *, device: str = "") -> None:
        initial = AeForm.initial_of(ae) if ae else {"device": device}
        rows = [asdict(connection) for connection in AeData.of(ae).connections] if ae else []
        self.form = AeForm(posted, initial=initial)
        self.rows = cast(
            BaseConnections, ConnectionForms(posted, initial=rows, prefix="connections")
        )
        self.rows.extra = 0 if ae else 1

    def is_valid(self) -> bool:
        """Whether both can be read; what an AE may be is for the service to say."""
        return self.form.is_valid() and self.rows.is_valid()

    @property
    def touched(self) -> bool:
        """Whether it holds more than a new form starts with; call when valid."""
        return self.pk is not None or self.form.has_changed() or bool(self.rows.filled)

    @property
    def revision(self) -> int:
        """The revision at which the form was opened; call when valid."""
        return cast("int", self.form.cleaned_data["revision"] or 0)

    @property
    def pk(self) -> int | None:
        """The AE's row, if it has one; call when valid."""
        return cast("int | None", self.form.cleaned_data["pk"])

    def data(self) -> AeData:
        """What the service takes; call when valid."""
        return self.form.ae_data(self.rows.connections())

    def save(self, act: Callable[[AeData], AE]) -> AE | None:
        """Let a service act; None where it refused, which then stands at the fields."""
        try:
            return act(self.data())
        except ServiceError as error:
            filled = self.rows.filled
            for name, texts in error.messages.items():
                self._refuse(filled, name, texts)
        except StaleRevision as error:
            self.form.add_error(None, f"{error}. Open the page again and repeat what you did.")
        return None

    def _refuse(self, filled: Sequence[ConnectionForm], name: str, texts: Sequence[str]) -> None:
        """Put messages at `ae_title`, at `connections.1.port`, or above the form."""
        form: forms.Form = self.form
        room, _, rest = name.partition(".")
        index, _, field = rest.partition(".")
        if room == "connections" and index.isdecimal() and int(index) < len(filled):
            form, name = filled[int(index)], field
        for text in texts:
            form.add_error(name if name in form.fields else None, text)
