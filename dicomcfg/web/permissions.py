"""Who may call a view: one decorator naming the least role.

Signing in is already required of every view by LoginRequiredMiddleware; a page that only shows
things needs no decorator, since every role may see everything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from dicomcfg.accounts.models import Role, User

View = Callable[..., HttpResponse]


def requires(role: Role) -> Callable[[View], View]:
    """Answer 403 to people below `role`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            demand(request, role)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def demand(request: HttpRequest, role: Role) -> None:
    """Raise PermissionDenied for people below `role`."""
    if not person(request).may(role):
        raise PermissionDenied(f"This needs the role {role.value} or above.")


def person(request: HttpRequest) -> User:
    """The signed-in user, typed; raises PermissionDenied where nobody is signed in."""
    user = request.user
    if isinstance(user, AnonymousUser):
        raise PermissionDenied("Sign in first.")
    return user
