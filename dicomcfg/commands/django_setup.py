"""Django for the commands that need the database; imported and set up only when one runs."""

from __future__ import annotations

import os

import click


def set_up_django() -> None:
    """Load the settings; a usage error in one line where one of them cannot be used.

    Until the command ends, private UIDs bear the names that the inventory has for them.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dicomcfg.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise click.UsageError(str(error)) from error
    from dicomcfg.inventory.naming import named_uids

    if command := click.get_current_context(silent=True):
        command.with_resource(named_uids())
