"""The addresses of these pages, one list a module."""

from dicomcfg.web.profiles import changes, contexts, following, pages

urlpatterns = [
    *pages.urlpatterns,
    *changes.urlpatterns,
    *contexts.urlpatterns,
    *following.urlpatterns,
]
