"""What a target's options are on the wire: the A-ASSOCIATE-RQ and the identity in it.

The one place that reads a passcode: from this worker's environment, at probe time, into a PDU
whose recorded bytes are blanked. It stands in no record and in no message of an error.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.negotiation.options import (
    PLAIN,
    Identity,
    RequestOptions,
    is_passcode_variable,
)
from dicomcfg.core.negotiation.proposal import Proposed
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.probes.target import Target
from dicomcfg.upper_layer.identity import OURSELVES
from dicomcfg.upper_layer.pdus import (
    AssociateRequest,
    AsynchronousWindow,
    ClassExtension,
    CommonClassExtension,
    ProposedContext,
    Role,
    UserIdentity,
    UserInformation,
)


def user_identity(identity: Identity | None) -> UserIdentity | None:
    """The identity with its passcode (PS3.7 D.3.3.7).

    Raises NetworkFailure `skipped` where the variable is not set here (`passcode-missing`) or
    none that may be read (`passcode-variable-not-allowed`): then nothing is sent at all.
    """
    if identity is None:
        return None
    passcode = _passcode(identity.passcode_variable)
    name = identity.username.encode("utf-8", "replace")
    return UserIdentity(identity.kind, identity.response_requested, name, passcode)


def _passcode(variable: str | None) -> bytes:
    if variable is None:
        return b""
    if not is_passcode_variable(variable):
        raise NetworkFailure(Outcome.SKIPPED, "passcode-variable-not-allowed")
    passcode = os.environ.get(variable)
    if not passcode:
        raise NetworkFailure(Outcome.SKIPPED, "passcode-missing")
    return os.fsencode(passcode)


def associate_request(
    target: Target,
    contexts: Sequence[Proposed],
    options: RequestOptions = PLAIN,
    identity: UserIdentity | None = None,
) -> AssociateRequest:
    """The request that proposes `contexts` to `target` in our name.

    Raises ValueError for application information that is no hexadecimal text.
    """
    return AssociateRequest(
        target.called_ae_title,
        target.calling_ae_title,
        tuple(
            ProposedContext(
                proposed.context_id,
                proposed.context.abstract_syntax,
                proposed.context.transfer_syntaxes,
            )
            for proposed in contexts
        ),
        # Most requests are plain ones, and a sweep makes thousands.
        OURSELVES if options == PLAIN else _user_information(contexts, options, identity),
        options.application_context,
    )


def _user_information(
    contexts: Sequence[Proposed], options: RequestOptions, identity: UserIdentity | None
) -> UserInformation:
    own = options.among({proposed.context.abstract_syntax for proposed in contexts})
    window = own.asynchronous_window
    return replace(
        OURSELVES,
        maximum_length=own.maximum_length,
        asynchronous_window=AsynchronousWindow(*window) if window else None,
        roles=tuple(Role(r.sop_class, r.scu, r.scp) for r in own.role_selections),
        extensions=tuple(
            ClassExtension(e.sop_class, bytes.fromhex(e.information))
            for e in own.extended_negotiations
        ),
        common_extensions=tuple(
            CommonClassExtension(c.sop_class, c.service_class, c.related_general)
            for c in own.common_extended_negotiations
        ),
        identity=identity,
    )
