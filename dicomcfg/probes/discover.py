"""Everything that a peer accepts: a plan's requests, one association after the other.

What the plan cannot know is here: the clock, how associations fail, how long to wait. Whatever
happens, the matrix found so far is kept, and told to the environment on the way.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from statistics import fmean
from typing import Final

from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation, Outcome
from dicomcfg.core.negotiation.catalogue import catalogue
from dicomcfg.core.negotiation.discovery import Failure, Plan, Reply, Request
from dicomcfg.core.negotiation.proposal import split
from dicomcfg.core.records import RoleSelection
from dicomcfg.core.standard.codes import TRANSIENT
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.network.requestor import RejectedError
from dicomcfg.probes.answers import context_results
from dicomcfg.probes.climb import Climb
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.roles import role_requests, size_bytes
from dicomcfg.probes.target import DiscoverSettings, Limits, Target

LIMITS: Final = Limits(total_s=1800.0)
REPORT_EVERY_S = 0.25
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0
_SLOWER_TIMES, _SLOW_S, _COMPARED = 4, 0.2, 5
# (source, reason) of rejections that a smaller request would meet as well (PS3.8 9.3.4).
_NOT_FOR_ITS_SIZE: Final = {(1, 2), (1, 3), (1, 7), (2, 2)}
# No association was even asked for. Behind an answer, the peer may be restarting.
_BELOW_DICOM: Final = {
    Outcome.CONNECTION_REFUSED,
    Outcome.CONNECTION_TIMEOUT,
    Outcome.HOST_UNREACHABLE,
    Outcome.TLS_FAILURE,
    Outcome.NOT_DICOM,
}


async def probe(target: Target, limits: Limits, environment: Environment) -> Observation:
    """Ask for every pair of `target.discover`, the whole catalogue where that is None.

    `success` means that no pair stayed unknown because of a failed association; otherwise the
    outcome is that of the last failure, with `deadline` as detail where time was up. Never raises
    for what a peer does; cancelled, it reports what was found and passes the cancellation on.
    """
    limits = _of_many_associations(limits)
    climb = Climb("discover", target, limits, environment)
    discovery = _Discovery(climb, target, limits, environment)
    try:
        observation = await climb.run(discovery.run)
    finally:
        environment.report(discovery.seen())
    return replace(observation, discovery=discovery.seen())


def _of_many_associations(limits: Limits) -> Limits:
    """The deadline is for all of them; none may wait for longer than it would alone."""
    alone = Limits()
    return replace(
        limits,
        connect_s=min(limits.connect_s, alone.connect_s),
        associate_s=min(limits.associate_s, alone.associate_s),
    )


class _Discovery:
    """A plan on its way through associations."""

    def __init__(
        self, climb: Climb, target: Target, limits: Limits, environment: Environment
    ) -> None:
        self._settings = target.discover or DiscoverSettings(*catalogue())
        # What a target says of single SOP Classes has no place where all are asked for.
        self._options = target.options.among(())
        self._climb = climb
        self._environment = environment
        self._plan = Plan(
            self._settings.sop_classes,
            self._settings.transfer_syntaxes,
            maximum_syntaxes=self._settings.maximum_syntaxes,
            maximum_request_bytes=self._settings.maximum_request_bytes,
            overhead_bytes=size_bytes((), self._options),
            known=self._settings.known,
        )
        self._now = asyncio.get_running_loop().time
        self._started = self._now()
        self._deadline = self._started + limits.total_s
        self._report_at = self._started
        self._addresses: list[str] = []
        self._failure: NetworkFailure | None = None
        self._under_way = 0
        self._landed = asyncio.Event()
        self._seconds: list[float] = []
        self._associations = self._largest_bytes = 0
        self._roles: list[RoleSelection] = []
        self._silent_roles: list[str] = []

    def seen(self) -> DiscoverySeen:
        """What was found so far."""
        return DiscoverySeen(
            self._plan.matrix,
            self._associations,
            self._largest_bytes,
            round(self._now() - self._started, 3),
            tuple(self._roles),
            tuple(self._silent_roles),
        )

    async def run(self) -> None:
        """Raises NetworkFailure where failures kept it from asking for every pair."""
        self._addresses = await self._climb.resolve()
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(self._settings.concurrent):
                    workers.create_task(self._work())
        finally:
            self._tell_notes()
        if self._plan.is_cut_short:
            if self._now() >= self._deadline:
                raise NetworkFailure(Outcome.ASSOCIATION_TIMEOUT, "deadline")
            if self._failure is not None:
                raise self._failure
        if self._settings.with_roles:
            await self._ask_roles()

    async def _ask_roles(self) -> None:
        """Raises NetworkFailure where an association fails that beside roles holds nothing new."""
        accepted = self._plan.matrix.accepted()
        maximum_bytes = self._settings.maximum_request_bytes
        for request in role_requests(accepted, self._options, maximum_bytes):
            (proposal,) = split(request.contexts)
            self._count(request.request_bytes)
            async with self._climb.association(
                self._addresses, proposal.contexts, request.options
            ) as (_, accept):
                roles, silent = request.answers(accept)
                self._roles += roles
                self._silent_roles += silent
            await self._pause()

    def _count(self, request_bytes: int) -> None:
        self._associations += 1
        self._largest_bytes = max(self._largest_bytes, request_bytes)

    async def _work(self) -> None:
        """One association after the other until the plan has nothing more to ask."""
        while self._now() < self._deadline:
            request = self._plan.next_request()
            if request is None:
                if not self._under_way:
                    return
                await self._landed.wait()
                continue
            self._under_way += 1
            try:
                await self._propose(request)
            finally:
                self._under_way -= 1
                self._landed.set()
                self._landed = asyncio.Event()
            await self._pause()

    async def _propose(self, request: Request) -> None:
        (proposal,) = split(request.contexts)
        self._count(request.request_bytes)
        began = self._now()
        try:
            async with self._climb.association(
                self._addresses, proposal.contexts, self._options
            ) as (_, accept):
                self._seconds.append(self._now() - began)
                results = context_results(proposal, accept, self._climb.note)
                self._plan.answered(
                    request, [Reply(result.result, result.accepted) for result in results]
                )
        except NetworkFailure as failure:
            self._failure = failure
            self._plan.failed(request, self._kind_of(failure))
        if self._now() >= self._report_at:
            self._environment.report(self.seen())
            self._report_at = self._now() + REPORT_EVERY_S

    def _kind_of(self, failure: NetworkFailure) -> Failure:
        """What a failed association tells of the next one."""
        if isinstance(failure, RejectedError):
            reason = failure.reject.source, failure.reject.reason
            if failure.reject.result == TRANSIENT:
                return Failure.BUSY
            return Failure.FINAL if reason in _NOT_FOR_ITS_SIZE else Failure.LARGE
        if failure.outcome in _BELOW_DICOM:
            return Failure.BUSY if self._plan.has_answered else Failure.FINAL
        return Failure.LARGE

    async def _pause(self) -> None:
        """What politeness asks for, and more each time that the peer says it is busy."""
        seconds = self._settings.pause_s
        if self._plan.busy_in_a_row:
            wait_s = _FIRST_WAIT_S * 2**self._plan.busy_in_a_row
            seconds = max(seconds, min(wait_s, _LONGEST_WAIT_S))
        if seconds:
            await asyncio.sleep(max(0.0, min(seconds, self._deadline - self._now())))

    def _tell_notes(self) -> None:
        for note in self._plan.notes:
            self._climb.note(note)
        if len(self._seconds) >= 2 * _COMPARED:
            first, last = fmean(self._seconds[:_COMPARED]), fmean(self._seconds[-_COMPARED:])
            if last > max(_SLOW_S, _SLOWER_TIMES * first):
                self._climb.note("answers-slowed-down")
