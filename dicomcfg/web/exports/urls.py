"""The addresses of these pages, one list a module."""

from dicomcfg.web.exports import pages

urlpatterns = [
    *pages.urlpatterns,
]
