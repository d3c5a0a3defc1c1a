"""In which roles a peer takes the SOP Classes that it accepts (PS3.7 D.3.3.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST, request_bytes
from dicomcfg.core.records import PresentationContext, RoleSelection
from dicomcfg.upper_layer.identity import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomcfg.upper_layer.pdus import AssociateAccept


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """Contexts with a role selection of both bits for each of their SOP Classes."""

    contexts: tuple[PresentationContext, ...]
    options: RequestOptions
    request_bytes: int

    def answers(self, accept: AssociateAccept) -> tuple[list[RoleSelection], list[str]]:
        """What the peer answered, and the classes that it left out: those have the default."""
        said = {role.sop_class: role for role in accept.user.roles}
        asked = [context.abstract_syntax for context in self.contexts]
        roles = [RoleSelection(uid, said[uid].scu, said[uid].scp) for uid in asked if uid in said]
        return roles, [uid for uid in asked if uid not in said]


def role_requests(
    accepted: Mapping[str, tuple[str, ...]], options: RequestOptions, maximum_bytes: int
) -> Iterator[RoleRequest]:
    """As few requests as hold each accepted class once, with one of its transfer syntaxes."""
    request = RoleRequest((), options, size_bytes((), options))
    for sop_class, transfer_syntaxes in accepted.items():
        context = PresentationContext(sop_class, transfer_syntaxes[:1])
        longer = _with(request, context)
        is_full = len(request.contexts) == CONTEXTS_PER_REQUEST
        if request.contexts and (is_full or longer.request_bytes > maximum_bytes):
            yield request
            longer = _with(RoleRequest((), options, size_bytes((), options)), context)
        request = longer
    if request.contexts:
        yield request


def _with(request: RoleRequest, context: PresentationContext) -> RoleRequest:
    role = RoleSelection(context.abstract_syntax, scu=True, scp=True)
    alone = replace(request.options, role_selections=(role,))
    bare = replace(request.options, role_selections=())
    return RoleRequest(
        (*request.contexts, context),
        replace(request.options, role_selections=(*request.options.role_selections, role)),
        request.request_bytes + size_bytes((context,), alone) - size_bytes((), bare),
    )


def size_bytes(contexts: tuple[PresentationContext, ...], options: RequestOptions) -> int:
    """The size of a request in our name."""
    return request_bytes(
        contexts,
        implementation_class_uid=IMPLEMENTATION_CLASS_UID,
        implementation_version_name=IMPLEMENTATION_VERSION_NAME,
        options=options,
    )
