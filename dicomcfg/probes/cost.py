"""What proposing presentation contexts takes when we are the requestor."""

from __future__ import annotations

from collections.abc import Sequence

from dicomcfg.core.negotiation.options import PLAIN, RequestOptions
from dicomcfg.core.negotiation.proposal import Budget, budget
from dicomcfg.core.records import PresentationContext
from dicomcfg.upper_layer.identity import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME


def budget_of(contexts: Sequence[PresentationContext], options: RequestOptions = PLAIN) -> Budget:
    """How many requests, of how many bytes, as our own requestor encodes them.

    Another requestor names another implementation, which differs by some bytes.
    """
    return budget(
        contexts,
        implementation_class_uid=IMPLEMENTATION_CLASS_UID,
        implementation_version_name=IMPLEMENTATION_VERSION_NAME,
        options=options,
    )
