"""Requests as they come in: what is refused already by the head, before a body is read and kept.

In:  the bytes of a request. Out: the request, or the error that it is answered with.

Source: RFC 9110, sections 10.1.1 (Expect) and 15.5.14 (413); RFC 9112, section 3.2 (Host).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error, RequestEntityTooLarge

MostBytes = Callable[[str], int | None]
"""From the header ``Authorization`` ("" without one) to the longest body that may come with it; None is any."""


class Request(HTTPRequestParser):  # type: ignore[misc]
    """One request.

    Attributes:
        error: What it is answered with without being asked further, None where nothing is wrong.

    Args:
        adjustments: Of the server.
    """

    adj: Any
    error: Error | None

    def __init__(self, most_bytes: MostBytes, adjustments: Any) -> None:
        super().__init__(adjustments)
        self._most_bytes = most_bytes
        self._most: int | None = None

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head; raises :class:`waitress.parser.ParsingError`."""
        super().parse_header(header_plus)
        if "," in self.headers.get("HOST", ""):
            raise ParsingError("The request names several hosts. Send one Host.")
        if self.proxy_netloc:
            # What an absolute address names counts, whatever Host says.
            self.headers["HOST"] = self.proxy_netloc
        if self.content_length or self.chunked:
            self._most = self._most_bytes(self.headers.get("AUTHORIZATION", ""))
            if self._most is not None:
                self.adj = copy.copy(self.adj)
                # The first length that is refused.
                self.adj.max_request_body_size = self._most + 1

    def received(self, data: bytes) -> int:
        """Take bytes, and return how many belong to the request."""
        taken = int(super().received(data))
        if self.error is not None and not isinstance(self.error, Problem):
            words = self.error.body
            if isinstance(self.error, RequestEntityTooLarge) and self._most is not None:
                words = f"The body is longer than {self._most:,} bytes, the most of this sender. Show a token that may send more."
            self.error = Problem(self.error.code, self.error.reason, words)
            # Nobody is bidden to go on who is refused.
            self.expect_continue = False
        return taken


class Problem(Error):  # type: ignore[misc]
    """What a request is answered with that the application does not get to see (RFC 9457)."""

    def __init__(self, code: int, reason: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.reason = reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers, body."""
        told = {"type": "about:blank", "title": self.reason, "status": self.code, "detail": self.body}
        headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        return f"{self.code} {self.reason}", headers, json.dumps(told).encode()
