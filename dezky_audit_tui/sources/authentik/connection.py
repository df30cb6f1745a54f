"""HTTP with one Authentik: one GET at a time, with an end to every wait, and a plain error for every other answer.

The token goes to the configured address alone: no redirect is followed, and it is part of no message, repr or
traceback. This is the one module that knows the HTTP library, which is loaded with the first request: it costs as
much as the first frame of the dashboard.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import SplitResult, urlsplit

from dezky_audit_tui import __version__
from dezky_audit_tui.errors import SettingsError, SourceError, SourceGarbled, SourceUnavailable
from dezky_audit_tui.model.hosts import is_loopback
from dezky_audit_tui.sources.authentik.faults import fault, http_date
from dezky_audit_tui.sources.authentik.network import unreachable
from dezky_audit_tui.sources.authentik.tls import check_bundle, trust, trust_nobody

if TYPE_CHECKING:
    import httpx

_BELIEVED = datetime(2023, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between these a Date may lie. One of garbage would have the whole log read again."""


class Secret(Protocol):
    """A token that does not show itself, such as that of the settings."""

    def get_secret_value(self) -> str:
        """The token."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for the connection, for the next bytes, and for a request as a whole."""

    connect_s: float = 5.0
    read_s: float = 30.0
    whole_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with status 200: its bytes, unpacked, the source's clock, and the seconds that it took."""

    body: bytes
    date: datetime | None
    elapsed_s: float


class Connection:
    """The connections to one Authentik. `base_url` is without `/api/v3`; `token` may be a callable that is asked anew
    for each request. Raises SettingsError where one of them, or the CA bundle, cannot be right.

    `requests` counts all requests sent. `clock_offset_s` is about how many seconds the source's clock is ahead of
    ours, by its last answer; None before one told.
    """

    def __init__(
        self,
        base_url: str,
        token: str | Secret | Callable[[], str],
        *,
        ca_bundle: Path | None,
        patience: Patience,
        clock: Callable[[], datetime],
        largest_body: int,
    ) -> None:
        self.base, self._url = _base(base_url)
        self._host = self._url.netloc
        self._token = token
        self._ca_bundle = ca_bundle
        self._patience = patience
        self._clock = clock
        self._largest_body = largest_body
        self._http: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self.requests = 0
        self.clock_offset_s: float | None = None
        if not callable(token):
            self._authorization()
        if ca_bundle is not None:
            check_bundle(ca_bundle)

    def __repr__(self) -> str:
        return f"Connection({self.base!r})"

    async def get(self, path: str, params: Mapping[str, str], *, what: str, needs: str) -> Reply:
        """One request; a second one where a kept connection turns out to have been closed before it was asked."""
        self._authorization()
        http = await self._opened()
        trace = _Trace()
        outcome = await self._once(http, path, params, trace, what, needs)
        if trace.was_stale and not isinstance(outcome, Reply):
            outcome = await self._once(http, path, params, _Trace(), what, needs)
        # Raised here and not where it was caught: no context, whose request would hold the token.
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        """Close them."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def _once(
        self, http: httpx.AsyncClient, path: str, params: Mapping[str, str], trace: _Trace, what: str, needs: str
    ) -> Reply | SourceError:
        import httpx

        self.requests += 1
        patience, size, started = self._patience, 0, time.monotonic()
        try:
            async with asyncio.timeout(patience.whole_s):
                request = http.stream(
                    "GET", self.base + path, params=params, auth=self._authorize, extensions={"trace": trace}
                )
                async with request as response:
                    trace.answered = True
                    if "," in response.headers.get("content-encoding", ""):
                        # Packed twice, some bytes may become gigabytes before anybody can count them.
                        return SourceGarbled(f"the reply for {what} is packed more than once; a proxy may have done it")
                    date = self._told_time(response.headers.get("date"))
                    chunks: list[bytes] = []
                    async for chunk in response.aiter_bytes():
                        size += len(chunk)
                        if size > self._largest_body:
                            return SourceGarbled(f"the reply for {what} is larger than {self._largest_body:,} bytes")
                        chunks.append(chunk)
            body, elapsed = b"".join(chunks), time.monotonic() - started
            if response.status_code == 200:
                return Reply(body, date, elapsed)
            at = date or self._clock()
            return fault(response.status_code, response.headers, body, what=what, needs=needs, now=at)
        except TimeoutError:
            return _slow(f"{self._host} did not finish its answer within {patience.whole_s:g} s")
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            return _slow(f"{self._host} did not take the connection within {patience.connect_s:g} s")
        except httpx.TimeoutException:
            return _slow(f"{self._host} sent nothing for {patience.read_s:g} s")
        except httpx.DecodingError:
            return SourceGarbled(f"the reply for {what} cannot be unpacked; a proxy may have spoiled it")
        except httpx.ProxyError:
            return SourceUnavailable(f"the proxy of HTTPS_PROXY does not lead to {self._host}", kind="unreachable")
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            trace.was_stale = trace.reused and not trace.answered
            if trace.answered:
                return SourceGarbled(f"the reply for {what} was cut after {size:,} bytes: the connection broke off")
            if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
                return SourceGarbled(f"what {self._host} answered is not HTTP: is AUTHENTIK_URL right?")
            return unreachable(error, self._host)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            # UnicodeError: a host name that cannot be looked up, such as one with an empty label.
            return unreachable(error, self._host)

    def _told_time(self, header: str | None) -> datetime | None:
        date = http_date(header)
        if date is None or not _BELIEVED[0] <= date < _BELIEVED[1]:
            return None
        self.clock_offset_s = (date - self._clock()).total_seconds()
        return date

    async def _opened(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._http is None:
                # In a thread: it takes longer than a frame to import the library and to load the certificates.
                self._http = await asyncio.to_thread(self._open)
            return self._http

    def _open(self) -> httpx.AsyncClient:
        import httpx

        verify: Any = trust(self._ca_bundle) if self._url.scheme == "https" else trust_nobody()
        try:
            return httpx.AsyncClient(
                verify=verify or httpx.create_ssl_context(trust_env=False),
                http2=False,
                follow_redirects=False,
                # HTTPS_PROXY and its like are for other hosts than this one: a token that may go to this machine in
                # clear would leave it.
                trust_env=not is_loopback(self._url.hostname or ""),
                timeout=httpx.Timeout(self._patience.read_s, connect=self._patience.connect_s),
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip, deflate",
                    # Refusals are told apart by their English text.
                    "Accept-Language": "en",
                    "Cache-Control": "no-cache",
                    "User-Agent": f"dezky-audit-tui/{__version__}",
                },
            )
        except (ValueError, ImportError, httpx.InvalidURL):
            raise SettingsError(
                "the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be used: http://HOST:PORT is due"
            ) from None

    def _authorize(self, request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = self._authorization()
        return request

    def _authorization(self) -> str:
        held = self._token
        value = held if isinstance(held, str) else held() if callable(held) else held.get_secret_value()
        value = value.strip()
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise SettingsError("AUTHENTIK_TOKEN: an API token is due: printable ASCII characters without a blank")
        return f"Bearer {value}"


class _Trace:
    """What became of one request's connection: the HTTP library calls it with each step."""

    def __init__(self) -> None:
        self.reused = True
        self.answered = False
        self.was_stale = False

    async def __call__(self, step: str, _: Mapping[str, Any]) -> None:
        if step.startswith("connection.connect_"):
            self.reused = False
        elif step == "http11.receive_response_headers.complete":
            self.answered = True


def _base(url: str) -> tuple[str, SplitResult]:
    """The base URL without what is not part of it, and its parts. Raises SettingsError, without the URL's secrets."""
    allowed = "AUTHENTIK_URL: https://HOST without a user, a query or /api/v3 is due"
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise SettingsError(allowed) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or port == 0:
        raise SettingsError(allowed)
    if parts.query or parts.fragment or not parts.netloc.isprintable() or " " in parts.netloc:
        raise SettingsError(allowed)
    path = parts.path.rstrip("/").removesuffix("/api/v3").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}", parts


def _slow(message: str) -> SourceUnavailable:
    return SourceUnavailable(message, kind="timeout")
