"""The addresses of the import pages."""

from dicomcfg.web.imports import files, mapping, pages, preview

urlpatterns = [
    *pages.urlpatterns,
    *preview.urlpatterns,
    *files.urlpatterns,
    *mapping.urlpatterns,
]
