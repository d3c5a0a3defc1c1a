"""The addresses of all pages: one list a module, put together here."""

from dicomcfg.web import accounts, board, uids, users

urlpatterns = [
    *board.urlpatterns,
    *accounts.urlpatterns,
    *uids.urlpatterns,
    *users.urlpatterns,
]
