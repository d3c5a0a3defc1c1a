"""The addresses of these pages, one list a module."""

from dicomcfg.web.discoveries import adoption, exports, pages, start

urlpatterns = [
    *pages.urlpatterns,
    *adoption.urlpatterns,
    *exports.urlpatterns,
    *start.urlpatterns,
]
