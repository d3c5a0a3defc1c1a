"""Django's handle on the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The `accounts` room."""

    name = "dicomcfg.accounts"
