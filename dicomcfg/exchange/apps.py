"""Django's handle on the app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """The `exchange` room."""

    name = "dicomcfg.exchange"
