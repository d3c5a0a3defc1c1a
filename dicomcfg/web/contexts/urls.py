"""The addresses of these pages, one list a module."""

from dicomcfg.web.contexts import of_association

urlpatterns = [
    *of_association.urlpatterns,
]
