"""The seam between the editor of presentation contexts and what holds a list of them.

An association, a Profile and one role of an AE's capabilities each hold an ordered list of
(abstract syntax, transfer syntaxes). Who makes a Holder of it gets the pages that add one context,
add many, edit and arrange (`context_views.addresses`), all of which compute the whole new list and
save it at the revision that the person saw.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dicomcfg.core.negotiation.options import PLAIN, RequestOptions
from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory.models import ChangeSet
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.web.done import SAME, done
from dicomcfg.web.permissions import person


class Holder(ABC):
    """One list of contexts with its pages. Made by a view out of the values in its address.

    `frame` is the template that the pages extend; it has the blocks `scripts` (in the head),
    `actions` and `tab`. `prefix` begins the names of the addresses: `context` gives `context-add`.
    """

    frame: ClassVar[str]
    prefix: ClassVar[str]
    # Whether an abstract syntax may stand in the list more than once, as in a request it may.
    repeats: ClassVar[bool] = True
    # What one line of the list is called, in full and for short.
    thing: ClassVar[str] = "presentation context"
    short: ClassVar[str] = "context"
    # Whether the table names transfer syntaxes on one line, for lists of hundreds.
    dense: ClassVar[bool] = False
    # Whether roles and extended negotiation stand beside the contexts.
    negotiates: ClassVar[bool] = False

    def __init__(self, *key: int | str) -> None:
        self.key = key

    @property
    @abstractmethod
    def contexts(self) -> list[PresentationContext]:
        """The list in its order; read once."""

    @property
    @abstractmethod
    def revision(self) -> int:
        """Of the row that is saved."""

    @property
    @abstractmethod
    def home(self) -> str:
        """The address of the page that shows the list."""

    @property
    def editable(self) -> bool:
        """Whether the list is changed here; not so where it follows a Profile."""
        return True

    @abstractmethod
    def page(self) -> dict[str, Any]:
        """What the frame needs besides `holder`."""

    @abstractmethod
    def save(
        self, actor: Actor, contexts: list[PresentationContext], revision: int
    ) -> ChangeSet | None:
        """Set the list; None if nothing differed. Raises ServiceError and StaleRevision."""

    def answer(
        self, request: HttpRequest, contexts: list[PresentationContext], revision: int
    ) -> HttpResponse:
        """Save and lead back to the list: what every page answers that changed it.

        Raises ServiceError and StaleRevision. A holder may show first what saving would do.
        """
        change = self.save(Actor.of(person(request)), contexts, revision)
        done(request, change, otherwise=SAME)
        return redirect(self.home)

    @property
    def options(self) -> RequestOptions:
        """What is proposed beside the contexts, which counts into the size of a request."""
        return PLAIN

    @property
    def sources(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """From what many can be added besides the standard: heading, [(key, words), ...]."""
        return []

    @property
    def itself(self) -> str:
        """The key of the source that it is itself; empty where it is none."""
        return ""

    def contexts_from(self, source: str) -> list[PresentationContext]:
        """What one of `sources` holds. Raises LookupError for another key."""
        raise LookupError(source)

    @property
    def needed(self) -> list[str]:
        """Those of `sources` that hold what is needed and no more, the best first."""
        return []

    @property
    def roles_url(self) -> str:
        """The address where roles and extended negotiation are set; empty where they are not."""
        return ""

    def url(self, act: str, *more: int) -> str:
        """The address of `add`, `many`, `arrange`, or `edit` with a number from 1."""
        return reverse(f"{self.prefix}-{act}", args=[*self.key, *more])

    @property
    def add_url(self) -> str:
        """For templates."""
        return self.url("add")

    @property
    def many_url(self) -> str:
        """For templates."""
        return self.url("many")

    @property
    def arrange_url(self) -> str:
        """For templates."""
        return self.url("arrange")


Find = Callable[..., Holder]
