"""Orthanc servers that are kept in step with the inventory, and what each is to hold of it."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from dicomcfg.inventory.models.entities import AE
from dicomcfg.inventory.models.places import Site


class OrthancServer(models.Model):
    """An Orthanc whose REST interface the workers of its Site reach.

    Credentials never stand here: `username_variable` and `password_variable` name environment
    variables of the worker. `tls` names TLS settings of the worker, for an https address.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="orthanc_servers")
    name = models.CharField(max_length=64, unique=True)
    url = models.CharField("address", max_length=254)
    username_variable = models.CharField(max_length=64, blank=True)
    password_variable = models.CharField(max_length=64, blank=True)
    tls = models.CharField("TLS settings", max_length=64, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "Orthanc server"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The server's page."""
        return reverse("orthancserver-detail", args=[self.pk])


class ManagedModality(models.Model):
    """A modality of an Orthanc that is ours to write: it is to hold this AE, or, where the AE is
    gone, to be deleted. What is not named here is never touched."""

    server = models.ForeignKey(OrthancServer, models.CASCADE, related_name="managed")
    name = models.CharField(max_length=64)
    ae = models.ForeignKey(AE, models.SET_NULL, null=True, related_name="managed_modalities")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("server", "name"), name="managed_modality_name"),
            models.UniqueConstraint(fields=("server", "ae"), name="managed_modality_ae"),
        )

    def __str__(self) -> str:
        return self.name
