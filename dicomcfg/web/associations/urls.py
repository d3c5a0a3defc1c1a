"""The addresses of these pages, one list a module."""

from dicomcfg.web.associations import bulk, copies, negotiation, pages, repoints

urlpatterns = [
    *pages.urlpatterns,
    *bulk.urlpatterns,
    *copies.urlpatterns,
    *repoints.urlpatterns,
    *negotiation.urlpatterns,
]
