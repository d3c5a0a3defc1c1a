"""The addresses of these pages, one list a module."""

from dicomcfg.web.standard import entries, pages, private_uids

urlpatterns = [
    *private_uids.urlpatterns,
    *pages.urlpatterns,
    *entries.urlpatterns,
]
