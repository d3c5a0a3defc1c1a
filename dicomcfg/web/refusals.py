"""Services' refusals as errors of the form that asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms

from dicomcfg.inventory.services.errors import ServiceError, StaleRevision


@contextmanager
def shown_on(form: forms.BaseForm) -> Iterator[None]:
    """Turn a refusal inside the block into form errors, after which the form shows again.

    A nested field (`contexts.0.transfer_syntaxes`) belongs to the form's field of its last
    name; what fits no field stands above the form.
    """
    try:
        yield
    except ServiceError as error:
        for path, texts in error.messages.items():
            field = path.rpartition(".")[2]
            for text in texts:
                form.add_error(field if field in form.fields else None, text)
    except StaleRevision as error:
        form.add_error(None, f"{error}. Open the page again and repeat what you did.")
