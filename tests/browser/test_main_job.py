"""The main job in a real browser: on the embedded default, and over PostgreSQL and Redis."""

from __future__ import annotations

import pytest

from tests.browser import steps
from tests.browser.visit import Visit
from tests.parts.stack import Launched


@pytest.mark.parametrize("store", ["embedded", "servers"])
def test_the_main_job(store: str, visit: Visit, request: pytest.FixtureRequest) -> None:
    stack: Launched = request.getfixturevalue(store)
    steps.set_up(visit, stack)
    steps.load_demo(visit)
    steps.echo_all(visit)
    steps.add_ae(visit, stack)
    steps.paste_table(visit)
    steps.add_association(visit)
    steps.import_association(visit)
    steps.negotiate(visit)
