"""The addresses of all pages: one list a module, put together here."""

from dicomcfg.web import (
    accounts,
    ae_bulk,
    ae_echo,
    ae_rows,
    ae_search,
    aes,
    association_imports,
    associations,
    board,
    checks,
    contexts,
    history,
    imports,
    polling,
    sites,
    uids,
    users,
)

_MODULES = (
    board,
    accounts,
    ae_search,
    aes,
    ae_rows,
    ae_bulk,
    ae_echo,
    associations,
    contexts,
    association_imports,
    imports,
    checks,
    polling,
    history,
    uids,
    sites,
    users,
)

urlpatterns = [pattern for module in _MODULES for pattern in module.urlpatterns]
