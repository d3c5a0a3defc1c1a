"""The addresses of these pages, one list a module."""

from dicomcfg.web.devices import pages, sheets

urlpatterns = [
    *pages.urlpatterns,
    *sheets.urlpatterns,
]
