"""The addresses of these pages, one list a module."""

from dicomcfg.web.capabilities import pages, sources

urlpatterns = [
    *sources.urlpatterns,
    *pages.urlpatterns,
]
