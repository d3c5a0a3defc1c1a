"""Presentation contexts of whatever holds them: add one, edit, move, delete.

Every act computes the whole new list and saves it at the revision that the person saw, so that
two people who reorder at once do not undo each other unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.core.negotiation import editing
from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.web.contexts.forms import ContextForm, abstract_syntaxes, transfer_syntaxes
from dicomcfg.web.contexts.holders import Find, Holder
from dicomcfg.web.contexts.many import context_many
from dicomcfg.web.permissions import requires
from dicomcfg.web.refusals import shown_on
from dicomcfg.web.row_ids import row_ids


@requires(Role.EDITOR)
def context_add(request: HttpRequest, find: Find, **key: int | str) -> HttpResponse:
    """Add a context at the end."""
    holder = find(**key)
    form = ContextForm(request.POST or None, initial={"revision": holder.revision})
    return _save(request, holder, form, len(holder.contexts), None)


@requires(Role.EDITOR)
def context_edit(request: HttpRequest, find: Find, number: int, **key: int | str) -> HttpResponse:
    """Change the context that stands at `number`, counted from 1."""
    holder = find(**key)
    if not 1 <= number <= len(holder.contexts):
        raise Http404
    initial = ContextForm.initial_of(holder.contexts[number - 1])
    form = ContextForm(request.POST or None, initial=initial | {"revision": holder.revision})
    return _save(request, holder, form, number - 1, number)


def _save(
    request: HttpRequest, holder: Holder, form: ContextForm, index: int, number: int | None
) -> HttpResponse:
    """Show the form, or save the list with the form's context at `index`."""
    if form.is_valid():
        with shown_on(form):
            wanted = list(holder.contexts)
            wanted[index : index + 1] = [form.context()]
            revision = form.cleaned_data["revision"]
            return holder.answer(request, wanted, revision)
    context = holder.page() | {
        "holder": holder,
        "form": form,
        "number": number,
        "abstract_syntaxes": abstract_syntaxes(),
        "syntaxes": transfer_syntaxes(),
    }
    return render(request, "contexts/edit.html", context)


@requires(Role.EDITOR)
@require_POST
def context_arrange(request: HttpRequest, find: Find, **key: int | str) -> HttpResponse:
    """Move or delete, as `arranged` reads the posted act."""
    holder = find(**key)
    try:
        wanted = arranged(holder.contexts, request.POST, request.POST.getlist("tick"))
        revision = int(request.POST["revision"])
    except (KeyError, ValueError, IndexError) as error:
        raise Http404 from error
    try:
        return holder.answer(request, wanted, revision)
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, f"{refusal}. Look at the list again.")
    return redirect(holder.home)


def arranged(
    contexts: Sequence[PresentationContext], act: Mapping[str, str], ticked: Iterable[str] = ()
) -> list[PresentationContext]:
    """The list after the posted act: the name and the value of the button that was pressed.

    `up=3` and `down=3` move the third context, `move=3` with `to=1` moves it there, `delete=3`
    deletes it, `syntax=3.2` deletes its second transfer syntax, and `ticked` deletes all those
    numbers. Raises KeyError, ValueError or IndexError for a made-up act.
    """
    if "ticked" in act:
        return list(editing.without(contexts, {n - 1 for n in row_ids(ticked)}))
    if "syntax" in act:
        number, syntax = map(_number, act["syntax"].split(".", 1))
        return list(editing.without_syntax(contexts, number - 1, syntax - 1))
    name = next((name for name in ("up", "down", "delete", "move") if name in act), "")
    index = _number(act[name]) - 1
    if name == "delete":
        return list(editing.without(contexts, [index]))
    end = {"up": index - 1, "down": index + 1}.get(name)
    return list(editing.moved(contexts, index, _number(act["to"]) - 1 if end is None else end))


def _number(text: str) -> int:
    """A number from 1 that a browser sent. Raises ValueError for other text."""
    (number,) = row_ids([text])
    return number


def addresses(prefix: str, name: str, find: Find) -> list[URLPattern]:
    """The pages of one kind of Holder under `prefix`, named `name`-add and so on.

    `find` makes the Holder out of the values that the prefix captures, or raises Http404.
    """
    pages = (
        ("add/", context_add, "add"),
        ("many/", context_many, "many"),
        ("<int:number>/", context_edit, "edit"),
        ("arrange/", context_arrange, "arrange"),
    )
    given = {"find": find}
    return [path(prefix + route, view, given, f"{name}-{act}") for route, view, act in pages]
