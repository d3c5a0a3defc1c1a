"""Somebody at the pages of a running web process, without a browser: signs in and posts forms."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from tests.parts.stack import Stack

PASSWORD = "a long enough pass phrase"


class HttpPerson:
    """An administrator of the stack, made and signed in on construction."""

    def __init__(self, stack: Stack, name: str = "walker") -> None:
        self._base = stack.url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        stack.ask("add_administrator", name, PASSWORD)
        self.post("/login/", username=name, password=PASSWORD)

    def get(self, path: str) -> str:
        """The page; HTTPError for anything but success."""
        with self._opener.open(self._base + path, timeout=40) as response:
            return str(response.read().decode())

    def post(self, path: str, form_at: str | None = None, **fields: str) -> str:
        """Fill in the form that stands at `form_at` (by default at `path`); the page after it."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(form_at or path))
        assert token is not None, f"no form at {form_at or path}"
        body = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token[1]}).encode()
        with self._opener.open(self._base + path, body, timeout=40) as response:
            return str(response.read().decode())
