"""The addresses of these pages, one list a module."""

from dicomcfg.web.orthanc import marks, pages, servers

urlpatterns = [
    *servers.urlpatterns,
    *pages.urlpatterns,
    *marks.urlpatterns,
]
