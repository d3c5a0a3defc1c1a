"""One person's visit: a page in a profile of its own that remembers everything that went wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
COLOURS = ["color-contrast", "link-in-text-block"]
# The rows of a long list repeat the kinds of those above them.
REPEATED = ["tbody > tr:nth-child(n + 21)", "li:nth-child(n + 31)"]


@dataclass
class Visit:
    """`page` is Playwright's; `base` the address of the pages once somebody went there."""

    context: BrowserContext
    page: Page
    base: str = ""
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, browser: Browser, scheme: str = "light", phone: bool = False) -> Visit:
        context = browser.new_context(
            viewport=PHONE if phone else DESK,
            has_touch=phone,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        visit = cls(context, context.new_page())
        # Refusals by the Content-Security-Policy are console errors too.
        visit.page.on("console", visit._heard)
        visit.page.on("pageerror", lambda error: visit.wrong.append(f"script: {error}"))
        visit.page.on(
            "response",
            lambda r: visit.wrong.append(f"{r.status} {r.url}") if r.status >= 500 else None,
        )
        return visit

    def _heard(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if text.startswith("htmx:sendAbort"):
            # A page that is left gives up the request it had under way; htmx says so in two words.
            if self.wrong and self.wrong[-1].startswith("console error: htmx:afterRequest"):
                self.wrong.pop()
        elif kind in {"error", "warning"}:
            self.wrong.append(f"console {kind}: {text}")

    def go(self, address: str) -> Page:
        """Open a path of the application; it has to answer with 200."""
        response = self.page.goto(self.base + address)
        assert response is not None
        assert response.status == 200, f"{address}: {response.status}"
        return self.page

    def path(self) -> str:
        """Where the page stands now, as `go` takes it."""
        return self.page.url.removeprefix(self.base)

    def barriers_in_both_themes(self) -> list[str]:
        """The barriers as the page stands, and those that its colours alone make in the dark."""
        found = self.barriers()
        self.page.emulate_media(color_scheme="dark")
        found += self.barriers(runOnly=COLOURS)
        self.page.emulate_media(color_scheme="light")
        return found

    def barriers_but_colours(self) -> list[str]:
        """What is left to see of a page whose colours were looked at in another width."""
        return self.barriers(rules={rule: {"enabled": False} for rule in COLOURS})

    def barriers(self, **options: object) -> list[str]:
        """What keeps somebody from using the page as it stands: each violation of a rule of
        axe-core, and anything that makes it scroll sideways. `options` are axe-core's."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(Axe().axe_script)
        answer = self.page.evaluate(
            "([context, options]) => axe.run(context, options)",
            [{"exclude": REPEATED}, {"resultTypes": ["violations"], **options}],
        )
        found = [
            f"{self.page.url} {each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
            for each in answer["violations"]
        ]
        excess = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return [*found, f"{self.page.url}: {excess} px too wide"] if excess > 0 else found

    def end(self) -> None:
        """Close the profile; whatever went wrong unseen fails the test now."""
        self.context.close()
        assert not self.wrong, json.dumps(self.wrong, indent=1)
