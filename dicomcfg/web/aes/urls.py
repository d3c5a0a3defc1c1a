"""The addresses of these pages, one list a module."""

from dicomcfg.web.aes import actions, bulk, echo, find_store, pages, rows, typeahead

urlpatterns = [
    *typeahead.urlpatterns,
    *pages.urlpatterns,
    *rows.urlpatterns,
    *bulk.urlpatterns,
    *echo.urlpatterns,
    *actions.urlpatterns,
    *find_store.urlpatterns,
]
