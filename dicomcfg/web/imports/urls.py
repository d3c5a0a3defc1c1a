"""The addresses of these pages, one list a module."""

from dicomcfg.web.imports import associations, pages, tables

urlpatterns = [
    *tables.urlpatterns,
    *associations.urlpatterns,
    *pages.urlpatterns,
]
