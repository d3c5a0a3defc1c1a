"""The addresses of these pages, one list a module."""

from dicomcfg.web.checks import pages, run_lists, runs

urlpatterns = [
    *run_lists.urlpatterns,
    *runs.urlpatterns,
    *pages.urlpatterns,
]
