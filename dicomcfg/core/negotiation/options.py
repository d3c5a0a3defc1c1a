"""What a request says beside its contexts (PS3.8 9.3.2, PS3.7 D.3.3).

An option left out is not proposed at all, which is other bytes than proposing its default.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.core.standard.uids import APPLICATION_CONTEXT

MAXIMUM_LENGTH = 16384
PASSCODE_PREFIX: Final = "DICOMCFG_PASSCODE_"
_PASSCODE_VARIABLE = re.compile(PASSCODE_PREFIX + "[A-Z0-9_]{1,64}")


def is_passcode_variable(name: str) -> bool:
    """Whether a worker may send this variable's value to a peer.

    Without the prefix a page could have it send any secret of its environment.
    """
    return _PASSCODE_VARIABLE.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class CommonExtendedNegotiation:
    """SOP Class common extended negotiation (PS3.7 D.3.3.6)."""

    sop_class: str
    service_class: str
    related_general: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """A user name, with a passcode or without (PS3.7 D.3.3.7, types 2 and 1).

    `passcode_variable` names an environment variable of the worker; the passcode itself never
    stands in a record.
    """

    username: str
    passcode_variable: str | None = None
    response_requested: bool = False

    @property
    def kind(self) -> int:
        """The user identity type of PS3.7 Table D.3-14."""
        return 1 if self.passcode_variable is None else 2


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """`asynchronous_window` is (invoked, performed); a `maximum_length` of 0 is no limit."""

    role_selections: tuple[RoleSelection, ...] = ()
    extended_negotiations: tuple[ExtendedNegotiation, ...] = ()
    common_extended_negotiations: tuple[CommonExtendedNegotiation, ...] = ()
    asynchronous_window: tuple[int, int] | None = None
    identity: Identity | None = None
    maximum_length: int = MAXIMUM_LENGTH
    application_context: str = APPLICATION_CONTEXT

    def among(self, sop_classes: Collection[str]) -> RequestOptions:
        """What of it belongs into a request whose contexts propose `sop_classes`.

        A role or an extended negotiation is told of a class that the same request proposes
        (PS3.7 D.3.3.4, D.3.3.5).
        """
        return replace(
            self,
            role_selections=tuple(r for r in self.role_selections if r.sop_class in sop_classes),
            extended_negotiations=tuple(
                e for e in self.extended_negotiations if e.sop_class in sop_classes
            ),
            common_extended_negotiations=tuple(
                c for c in self.common_extended_negotiations if c.sop_class in sop_classes
            ),
        )


PLAIN: Final = RequestOptions()
"""A request that says nothing beside its contexts but what every request has to."""
