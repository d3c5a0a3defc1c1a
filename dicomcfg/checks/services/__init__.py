"""Starting and cancelling checks: the only way in for pages and scripts."""

from dicomcfg.checks.services.again import start_again
from dicomcfg.checks.services.cancelling import cancel_run
from dicomcfg.checks.services.discover import start_discover, start_discoveries
from dicomcfg.checks.services.echo import (
    start_echo,
    start_echo_unsaved,
    start_sweep,
    start_sweep_unsaved,
)
from dicomcfg.checks.services.ladder import NotAllowed, start_find, start_ladder, start_store
from dicomcfg.checks.services.negotiate import start_negotiate, start_refusal
from dicomcfg.checks.services.starting import INTERACTIVE_MAXIMUM
from dicomcfg.probes.sweep import Pace

__all__ = [
    "INTERACTIVE_MAXIMUM",
    "NotAllowed",
    "Pace",
    "cancel_run",
    "start_again",
    "start_discover",
    "start_discoveries",
    "start_echo",
    "start_echo_unsaved",
    "start_find",
    "start_ladder",
    "start_negotiate",
    "start_refusal",
    "start_store",
    "start_sweep",
    "start_sweep_unsaved",
]
