"""The addresses of these pages, one list a module."""

from dicomcfg.web.forecasts import pages

urlpatterns = [
    *pages.urlpatterns,
]
