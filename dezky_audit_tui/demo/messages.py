"""Requests and replies of the simulated server, free of sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"

ERROR_PAGE = b"<!DOCTYPE html>\n<html><head><title>authentik</title></head><body>Server Error</body></html>\n"
"""What comes instead of JSON where Authentik itself fails, whatever `Accept` says."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Names of headers are in lower case; `query` is as it came."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def params(self) -> dict[str, list[str]]:
        """The query's values by name."""
        return parse_qs(self.query, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `headers` are those that this reply has beside those of every reply."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list's reply before it becomes bytes: each row is JSON text already."""

    pagination: Mapping[str, int]
    rows: Sequence[bytes]
    autocomplete: Mapping[str, Any]
    allow: str

    def reply(self) -> Reply:
        """The listing as it goes over the wire."""
        parts = (
            b'{"pagination":',
            dump(self.pagination),
            b',"results":[',
            b",".join(self.rows),
            b'],"autocomplete":',
            dump(self.autocomplete),
            b"}",
        )
        return Reply(200, b"".join(parts), headers={"Allow": self.allow})


def dump(data: Any) -> bytes:
    """JSON text as Authentik writes it: UTF-8, no spaces."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def json_reply(status: int, data: Any, **headers: str) -> Reply:
    """A reply with a JSON body; underscores in the names of headers become dashes."""
    return Reply(status, dump(data), headers={name.replace("_", "-"): value for name, value in headers.items()})


def detail(status: int, text: str, allow: str) -> Reply:
    """An error as the API tells it."""
    return json_reply(status, {"detail": text}, Allow=allow)


def not_found_page() -> Reply:
    """What answers on a path that is none of the API's (a path without its last slash among them)."""
    page = b"<!DOCTYPE html>\n<html><head><title>Not Found - authentik</title></head><body>Not Found</body></html>\n"
    return Reply(404, page, HTML_TYPE)
