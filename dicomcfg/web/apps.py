"""Django's handle on the app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The `web` room."""

    name = "dicomcfg.web"
