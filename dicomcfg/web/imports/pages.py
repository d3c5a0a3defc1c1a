"""Kept imports of any format: their preview and apply pages, handed to the format's module."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.exchange.models import Import
from dicomcfg.web.imports import associations as association_imports
from dicomcfg.web.imports import tables as table_imports
from dicomcfg.web.permissions import requires

Page = Callable[[HttpRequest, Import], HttpResponse]

# By format: the preview and the apply, which calls the same code and then writes.
PAGES: dict[str, tuple[Page, Page]] = {
    table_imports.FORMAT: (table_imports.preview, table_imports.apply),
    association_imports.FORMAT: (association_imports.preview, association_imports.apply),
}


@requires(Role.EDITOR)
@require_safe
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The preview, or what an applied import changed."""
    kept = get_object_or_404(Import.objects.select_related("change_set"), pk=pk)
    return PAGES[kept.format][0](request, kept)


@requires(Role.EDITOR)
@require_POST
def import_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply the import as one change."""
    kept = get_object_or_404(Import.objects.select_related("change_set"), pk=pk)
    return PAGES[kept.format][1](request, kept)


urlpatterns = [
    path("imports/<int:pk>/", import_detail, name="import-detail"),
    path("imports/<int:pk>/apply/", import_apply, name="import-apply"),
]
