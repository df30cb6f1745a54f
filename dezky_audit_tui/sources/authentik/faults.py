"""What an answer that is no answer means, and what the operator is to do: one plain line for each.

No line holds the token, a query or more than a short, harmless excerpt of what came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from dezky_audit_tui.errors import SourceError, SourceGarbled, SourcePageGone, SourceRefused, SourceUnavailable
from dezky_audit_tui.sources.authentik.jsons import is_object
from dezky_audit_tui.text import visible

LONGEST_PAUSE_S = 900.0
"""A `Retry-After` beyond this is cut: an operator who mends the source does not wait for hours."""

_CHECK_URL = "is AUTHENTIK_URL the address of Authentik, without /api/v3?"
_REFUSALS = {
    "token invalid/expired": (
        "token_invalid",
        "Authentik does not take the token: it is wrong, expired, or its intent is not API. Make a new API token "
        "and set AUTHENTIK_TOKEN",
    ),
    "authentication credentials were not provided.": (
        "not_authenticated",
        "the token did not reach Authentik: a proxy in front may strip the Authorization header",
    ),
    "unsupported authentication type": (
        "not_authenticated",
        "Authentik does not know this kind of credential: set AUTHENTIK_TOKEN to the key of an API token alone",
    ),
}

_NOT_FOUND = ("No User matches the given query.", "Not found.", "Invalid page.")
"""How Authentik says that there is none, now and before 2024.6. In other languages its own header has to tell."""


def fault(status: int, headers: Mapping[str, str], body: bytes, *, what: str, needs: str, now: datetime) -> SourceError:
    """The error for a reply that is not a 200.

    `headers` ignore case. `what` is what was asked for (`events`); `needs` names the permission for it.
    """
    told = _told(body)
    detail = told.get("detail")
    detail = detail if isinstance(detail, str) else ""
    retry_after = pause(headers.get("retry-after"), now)
    if 300 <= status < 400:
        return _redirected(status, headers.get("location", ""))
    if status in (401, 403):
        return _refused(status, detail, what, needs)
    if status == 404 and told:
        own = "x-authentik-id" in headers or detail in _NOT_FOUND
        return SourcePageGone(f"Authentik has no such {what}: {_excerpt(detail) or 'not found'}", by_source=own)
    if status == 429:
        return SourceUnavailable(
            f"a proxy in front of Authentik slows us down (429){_again(retry_after)}",
            kind="rate_limited",
            retry_after=retry_after,
        )
    if status == 503 and "starting" in str(told.get("error", "")):
        return SourceUnavailable(
            f"Authentik is starting up{_again(retry_after)}", kind="starting", retry_after=retry_after
        )
    if status == 500:
        return SourceUnavailable(
            "Authentik failed inside (500): often its database is away; its own log says more",
            kind="server_error",
            retry_after=retry_after,
        )
    if status in (502, 504):
        return SourceUnavailable(f"the proxy in front does not reach Authentik ({status})", retry_after=retry_after)
    if status >= 500:
        return SourceUnavailable(f"Authentik is not available ({status}){_again(retry_after)}", retry_after=retry_after)
    shown = f": {_excerpt(detail)}" if detail else ""
    return SourceGarbled(f"the answer to a request for {what} was {status}{shown}; {_CHECK_URL}")


def pause(retry_after: str | None, now: datetime) -> float | None:
    """A `Retry-After` in seconds, from 0 to `LONGEST_PAUSE_S`; None where it is absent, past or makes no sense."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return LONGEST_PAUSE_S if len(text) > 6 else min(float(text), LONGEST_PAUSE_S)
    moment = http_date(text)
    if moment is None or moment < now:
        return None
    return min((moment - now).total_seconds(), LONGEST_PAUSE_S)


def http_date(text: str | None) -> datetime | None:
    """A date of an HTTP header as aware UTC; None where it is absent or none."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        # The parser of the standard library raises each of these on some garbage.
        return None


def _told(body: bytes) -> Mapping[str, object]:
    """The JSON object in a short body; empty where there is none."""
    if len(body) > 65_536:
        return {}
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if is_object(data) else {}


def _refused(status: int, detail: str, what: str, needs: str) -> SourceRefused:
    known = _REFUSALS.get(detail.strip().lower())
    if known is not None:
        return SourceRefused(known[1], kind=known[0])
    if detail.startswith("You do not have permission"):
        return SourceRefused(
            f"the token may not read {what}: give its user the permission {needs}", kind="no_permission"
        )
    if detail:
        return SourceRefused(f"Authentik refused to show {what} ({status}): {_excerpt(detail)}")
    return SourceRefused(
        f"{status} without a word of Authentik's for {what}: a proxy or a firewall in front may refuse us"
    )


def _redirected(status: int, location: str) -> SourceGarbled:
    try:
        aim = urlsplit(location)
        host = f"{aim.scheme}://{aim.hostname}{f':{aim.port}' if aim.port else ''}" if aim.hostname else ""
    except ValueError:
        host = ""
    if not host:
        return SourceGarbled(f"a redirect ({status}) came instead of an answer, and is not followed; {_CHECK_URL}")
    return SourceGarbled(
        f"a redirect ({status}) to {_excerpt(host)} came, and is not followed, since it would carry the token there. "
        "If that is Authentik, set AUTHENTIK_URL to it"
    )


def _again(retry_after: float | None) -> str:
    return f"; it asks for a pause of {retry_after:.0f} s" if retry_after else ""


def _excerpt(text: str) -> str:
    return visible(text[:120])
