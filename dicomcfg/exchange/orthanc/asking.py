"""What a worker does with a request to an Orthanc: asks, writes, echoes, and keeps what came back.

Whatever the server does becomes the request's result or its problem. A push writes a modality only
where the server still holds what was shown; what came of each step is kept, however it ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

from django.conf import settings

from dicomcfg.address_policy import address_policy
from dicomcfg.exchange.orthanc.calls import finish, next_waiting, steps_of
from dicomcfg.exchange.orthanc.models import CallKind, OrthancCall
from dicomcfg.exchange.orthanc.plan import Step
from dicomcfg.inventory.models import OrthancServer
from dicomcfg.network.orthanc_modalities import Modality
from dicomcfg.network.orthanc_rest import OrthancFailure, OrthancRest
from dicomcfg.network.tls import client_context
from dicomcfg.network.tls_settings import TlsSettingsError

logger = logging.getLogger(__name__)
TOTAL_S: Final = 120.0
"""A whole request with all its steps; the lease is longer."""

ECHOES_S: Final = 45.0
"""All echoes of a request: a push whose peers are all silent still ends as done."""

ECHOES_AT_ONCE: Final = 4


def ask_next(slugs: Iterable[str]) -> bool:
    """Carry out the oldest request to a server of these sites; False when none waits."""
    call = next_waiting(slugs)
    if call is None:
        return False
    result: dict[str, Any] = {}
    problem = ""
    try:
        assert call.server is not None, "what waits has a server"
        asyncio.run(_within(TOTAL_S, _carry_out(call, _client(call.server), result)))
    except (OrthancFailure, TlsSettingsError, _UnusableError) as failure:
        problem = failure.problem if isinstance(failure, TlsSettingsError) else str(failure)
    except TimeoutError:
        problem = f"It took longer than {TOTAL_S:g} s in all and was ended."
    except Exception:
        logger.exception("Request %s to an Orthanc failed", call.pk)
        problem = "dicomcfg itself failed; the log of the worker says where."
    finish(call, _counted(result), problem)
    return True


DONE: Final = ("written", "deleted", "so already")
"""The outcomes of steps after which the server holds what it is to hold."""


class _UnusableError(Exception):
    """A server as it is named cannot be asked, in words for people."""


def _client(server: OrthancServer) -> OrthancRest:
    """Raises OrthancFailure, TlsSettingsError and _UnusableError."""
    tls = client_context(server.tls, settings.DICOMCFG_TLS_FOLDER) if server.tls else None
    username, password = map(_secret, (server.username_variable, server.password_variable))
    return OrthancRest(server.url, username, password, address_policy(), tls)


def _secret(variable: str) -> str:
    if variable and variable not in os.environ:
        raise _UnusableError(f"The worker's environment has no variable {variable}.")
    return os.environ.get(variable, "") if variable else ""


async def _within(seconds: float, work: Any) -> None:
    async with asyncio.timeout(seconds):
        await work


async def _carry_out(call: OrthancCall, orthanc: OrthancRest, result: dict[str, Any]) -> None:
    """Fill `result` as it goes, so that what was done is known where the rest fails."""
    if call.kind == CallKind.ECHO:
        await _echo(orthanc, call.request["names"], result)
        return
    result["system"] = asdict(await orthanc.system())
    if call.kind == CallKind.PUSH:
        held = await orthanc.modalities()
        written = await _write(orthanc, steps_of(call), held, result)
        result["modalities"] = await orthanc.modalities()
        await _echo(orthanc, written, result)
    else:
        result["modalities"] = await orthanc.modalities()


async def _write(
    orthanc: OrthancRest, steps: list[Step], held: dict[str, Modality], result: dict[str, Any]
) -> list[str]:
    """The names that were put."""
    result["steps"] = told = [{"name": step.name, "outcome": "not tried"} for step in steps]
    written = []
    for step, telling in zip(steps, told, strict=True):
        there = held.get(step.name)
        if _is_there(step, there):
            # A worker that was lost did it, or somebody by hand.
            telling["outcome"] = "so already"
            continue
        if there != step.expected:
            telling["outcome"] = "changed there meanwhile, left alone"
            continue
        try:
            if step.body is None:
                await orthanc.delete(step.name)
            else:
                await orthanc.put(step.name, step.body)
                written.append(step.name)
        except OrthancFailure as failure:
            telling["outcome"] = failure.message
        else:
            telling["outcome"] = "deleted" if step.body is None else "written"
    return written


def _is_there(step: Step, held: Modality | None) -> bool:
    if step.body is None or held is None:
        return step.body is held
    return all(held.get(field) == value for field, value in step.body.items())


async def _echo(orthanc: OrthancRest, names: Iterable[str], result: dict[str, Any]) -> None:
    """What has not ended in time has no result, and is counted as `late`."""
    names = list(names)
    result["echoes"] = echoes = {}
    gate = asyncio.Semaphore(ECHOES_AT_ONCE)

    async def one(name: str) -> None:
        async with gate:
            try:
                echo = await orthanc.echo(name)
            except OrthancFailure as failure:
                echoes[name] = {"ok": False, "message": failure.message}
            else:
                echoes[name] = {"ok": echo.is_success, "message": echo.detail}

    with suppress(TimeoutError):
        async with asyncio.timeout(ECHOES_S), asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(one(name))
    result["late"] = len(names) - len(echoes)


def _counted(result: dict[str, Any]) -> dict[str, Any]:
    """With how many modalities are there, how many steps were tried and done, and whether anything
    was not."""
    steps = result.get("steps", ())
    done = [step for step in steps if step["outcome"] in DONE]
    echoes = result.get("echoes", {}).values()
    failed = len(done) < len(steps) or result.get("late") or not all(e["ok"] for e in echoes)
    held = {"held": len(result["modalities"])} if "modalities" in result else {}
    return {**result, **held, "tried": len(steps), "done": len(done), "failed": bool(failed)}
