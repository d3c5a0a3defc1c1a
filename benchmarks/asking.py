"""Asking for pages as a browser does, without the network between."""

from __future__ import annotations

from collections.abc import Callable


def asker(**headers: str) -> Callable[[str], Callable[[], None]]:
    """Makes requests of a signed-in viewer, behind the same middleware for all."""
    from django.test import Client

    from dicomcfg.accounts.models import Role, User

    client = Client(headers=headers)
    user = User.objects.create(username="benchmark", role=Role.VIEWER)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def ask(address: str) -> Callable[[], None]:
        def request() -> None:
            response = client.get(address)
            assert response.status_code == 200, f"{address}: {response.status_code}"

        return request

    return ask
