"""The addresses of all pages: one list a module, put together here."""

from dicomcfg.web import (
    accounts,
    ae_bulk,
    ae_echo,
    ae_rows,
    aes,
    board,
    demo,
    devices,
    imports,
    polling,
    table_imports,
    uids,
    users,
)

urlpatterns = [
    *board.urlpatterns,
    *aes.urlpatterns,
    *ae_rows.urlpatterns,
    *ae_bulk.urlpatterns,
    *ae_echo.urlpatterns,
    *devices.urlpatterns,
    *demo.urlpatterns,
    *imports.urlpatterns,
    *table_imports.urlpatterns,
    *polling.urlpatterns,
    *accounts.urlpatterns,
    *uids.urlpatterns,
    *users.urlpatterns,
]
