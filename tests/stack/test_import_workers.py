"""A large import over real workers: whoever is killed while applying it, it is applied once."""

from __future__ import annotations

from tests.parts.stack import Stack
from tests.parts.waiting import wait_until

ROWS = 6_000


def start_worker(stack: Stack, name: str) -> None:
    stack.start_worker(name, "--lanes", "bulk", "--processes", "1")
    stack.ask("wait_for_queues", "main.bulk")


def test_an_import_whose_worker_is_killed_is_applied_once_by_the_next(stack: Stack) -> None:
    stack.environment |= {"DICOMCFG_LEASE_S": "3"}
    start_worker(stack, "worker")
    pk = stack.ask("apply_table", ROWS)
    wait_until(
        lambda: stack.ask("import_state", pk)["stage"] in ("Reading", "Writing"), "begun", 60
    )
    stack.kill("worker")
    left = stack.ask("import_state", pk)
    assert (left["state"], left["acts"], left["aes"]) == ("applying", 0, 0)
    start_worker(stack, "next")
    wait_until(lambda: stack.ask("import_state", pk)["state"] == "applied", "applied", 90)
    done = stack.ask("import_state", pk)
    assert (done["acts"], done["aes"]) == (1, ROWS)
