"""The addresses of these pages, one list a module."""

from dicomcfg.web.map import matrix, pages

urlpatterns = [
    *pages.urlpatterns,
    *matrix.urlpatterns,
]
