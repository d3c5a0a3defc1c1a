"""The addresses of all pages: one list a module, put together here."""

from dicomcfg.web import board

urlpatterns = [
    *board.urlpatterns,
]
