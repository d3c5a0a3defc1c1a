"""The addresses of these pages, one list a module."""

from dicomcfg.web.sweeps import pages

urlpatterns = [
    *pages.urlpatterns,
]
