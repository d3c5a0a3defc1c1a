"""All addresses: the pages of dicomcfg.web."""

from django.urls import include, path

urlpatterns = [path("", include("dicomcfg.web.urls"))]
