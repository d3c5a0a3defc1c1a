"""Django's handle on the app."""

from django.apps import AppConfig


class ChecksConfig(AppConfig):
    """The `checks` room."""

    name = "dicomcfg.checks"
