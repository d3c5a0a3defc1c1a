"""Orthanc servers for tests: what they hold, what they answered, what of them is managed."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from dicomcfg.exchange.orthanc.models import OrthancCall
from dicomcfg.inventory.models import OrthancServer, Site
from dicomcfg.inventory.services.orthanc_servers import (
    OrthancServerData,
    create_orthancserver,
    manage,
)
from tests.parts.rows import SHELL

URL = "http://orthanc.example:8042"


def named(name: str) -> OrthancServer:
    """A server of the first site."""
    site = Site.objects.order_by("pk")[0]
    return create_orthancserver(SHELL, OrthancServerData(site=site, name=name, url=URL))


def held(title: str = "CT1", host: str = "10.0.0.5", port: int = 104, **more: Any) -> Any:
    return {"AET": title, "Host": host, "Port": port, "UseDicomTls": False} | more


def answered(server: OrthancServer, kind: str = "fetch", problem: str = "", **result: Any) -> None:
    """A request that has been made, with what came back."""
    OrthancCall.objects.create(
        server=server,
        server_name=server.name,
        kind=kind,
        state="finished",
        result=result,
        problem=problem,
        finished_at=timezone.now(),
    )


def marked(server: OrthancServer, **wanted: Any) -> None:
    server.refresh_from_db()
    manage(SHELL, server, wanted, server.revision)
