"""Django's handle on the app."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """The `inventory` room."""

    name = "dicomcfg.inventory"
