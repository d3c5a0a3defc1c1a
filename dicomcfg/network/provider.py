"""What our acceptor answers to operations: C-ECHO always, C-FIND and C-STORE as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from dicomcfg.upper_layer.dimse import (
    Command,
    CommandField,
    command_pdus,
    message_pdus,
    response_to,
)
from dicomcfg.upper_layer.errors import LocalProtocolError
from dicomcfg.upper_layer.pdus import Data

_SUCCESS = 0x0000
_UNRECOGNIZED_OPERATION = 0x0211
_CANCELLED = 0xFE00
_PENDING = 0xFF00


@dataclass(frozen=True, slots=True)
class FindAnswers:
    """How every C-FIND is answered: `matches` times with `identifier`, then with `status`.

    `identifier` is an encoded data set. `pause_s` passes before each match; a C-CANCEL in between
    ends them with 0xFE00, unless `ignores_cancel`.
    """

    matches: int = 0
    identifier: bytes = b""
    status: int = _SUCCESS
    pause_s: float = 0.0
    ignores_cancel: bool = False


class Provider:
    """Answers the commands of one association through `send`, no more than one query at a time."""

    def __init__(
        self, send: Callable[[Data], None], find: FindAnswers | None, store_status: int | None
    ) -> None:
        self.peer_maximum_length = 0
        self._send = send
        self._find = find
        self._store_status = store_status
        self._query: asyncio.Task[None] | None = None
        self._is_cancelled = False

    def respond(self, context_id: int, command: Command) -> None:
        """Answer a request whose data set, if it had one, has passed by."""
        match command.field:
            case CommandField.C_CANCEL_RQ:
                self._is_cancelled = True
            case CommandField.C_FIND_RQ if self._find is not None:
                self._is_cancelled = False
                self._query = asyncio.create_task(self._answer(context_id, command, self._find))
            case CommandField.C_STORE_RQ if self._store_status is not None:
                self._reply(context_id, response_to(command, self._store_status))
            case CommandField.C_ECHO_RQ:
                self._reply(context_id, response_to(command, _SUCCESS))
            case _ if not command.is_response:
                self._reply(context_id, response_to(command, _UNRECOGNIZED_OPERATION))

    def close(self) -> None:
        """The association is over; so is a query under way."""
        if self._query is not None:
            self._query.cancel()

    async def _answer(self, context_id: int, request: Command, answers: FindAnswers) -> None:
        match_found = response_to(request, _PENDING, has_data_set=True)
        most = self.peer_maximum_length
        status = answers.status
        # The peer may have asked for release meanwhile, after which nothing may be sent.
        with suppress(LocalProtocolError):
            for _ in range(answers.matches):
                await asyncio.sleep(answers.pause_s)
                if self._is_cancelled and not answers.ignores_cancel:
                    status = _CANCELLED
                    break
                for data in message_pdus(context_id, match_found, answers.identifier, most):
                    self._send(data)
            self._reply(context_id, response_to(request, status))

    def _reply(self, context_id: int, response: Command) -> None:
        for data in command_pdus(context_id, response, self.peer_maximum_length):
            self._send(data)
