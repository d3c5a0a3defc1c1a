"""The addresses of these pages, one list a module."""

from dicomcfg.web.drift import acts, pages

urlpatterns = [
    *pages.urlpatterns,
    *acts.urlpatterns,
]
