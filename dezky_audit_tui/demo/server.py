"""A simulated Authentik: a real HTTP server on loopback that answers as the real one does."""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self
from uuid import uuid4

from dezky_audit_tui.demo.api import Api, place
from dezky_audit_tui.demo.connection import Connection
from dezky_audit_tui.demo.control import PREFIX, Control
from dezky_audit_tui.demo.directory import Directory
from dezky_audit_tui.demo.faults import Fault, Faults
from dezky_audit_tui.demo.faulty import IN_FRONT, date_header, instead, spoiled
from dezky_audit_tui.demo.log import EventLog, Generation, Json
from dezky_audit_tui.demo.messages import ERROR_PAGE, Reply, Request
from dezky_audit_tui.demo.request_log import RequestLog, Seen
from dezky_audit_tui.demo.tokens import Token
from dezky_audit_tui.model.instants import now

_logger = logging.getLogger(__name__)


class SimulatedAuthentik:
    """Serves a log and a directory on loopback, one thread a connection. A context manager: started and stopped.

    `tokens` maps keys to what they may see; `token` is the good one. `faults` is the switch for what goes wrong,
    `requests` tells what was asked for. `clock` gives the Date header. With `control`, the paths under `/sim/` let
    an operator make things happen (`Control`); they want the good token too.
    """

    def __init__(
        self,
        log: EventLog,
        directory: Directory | None = None,
        *,
        token: str | None = None,
        tokens: dict[str, Token] | None = None,
        generation: Generation | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], datetime] = now,
        control: bool = False,
    ) -> None:
        if generation not in (None, log.generation):
            raise ValueError(f"the log pages as {log.generation}, not as {generation}")
        self.log = log
        self.directory = directory if directory is not None else Directory()
        self.token = token or secrets.token_urlsafe(30)
        self.tokens: dict[str, Token] = {self.token: Token(), **(tokens or {})}
        self.faults = Faults()
        self.requests = RequestLog()
        self.clock = clock
        self.make_login: Callable[[str | None], Json] | None = None
        self._api = Api(log, self.directory, self.tokens)
        self._control = Control(self) if control else None
        self._address = (host, port)
        self._listener: socket.socket | None = None
        self._acceptor: Thread | None = None
        self._stopping = Event()
        self._lock = Lock()
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        """The base URL, without `/api/v3`. RuntimeError before the start."""
        if self._listener is None:
            raise RuntimeError("the simulated Authentik is not started")
        host, port = self._listener.getsockname()[:2]
        return f"http://{host}:{port}"

    @property
    def before_page(self) -> Callable[[int], None] | None:
        """Called with the page's number before a page of events is read."""
        return self._api.before_page

    @before_page.setter
    def before_page(self, hook: Callable[[int], None] | None) -> None:
        self._api.before_page = hook

    def start(self) -> Self:
        """Listen. Raises OSError where the port is taken."""
        listener = socket.create_server(self._address, backlog=128)
        self._listener = listener
        self._stopping.clear()
        self._acceptor = Thread(target=self._accept, args=(listener,), name="simulated-authentik", daemon=True)
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Close the door and every connection. Harmless where it is stopped."""
        listener, acceptor = self._listener, self._acceptor
        if listener is None or acceptor is None:
            return
        self._stopping.set()
        # One last connection wakes the blocked accept() on every system; shutting the listener does so on some.
        with suppress(OSError), socket.create_connection(listener.getsockname()[:2], timeout=1):
            acceptor.join()
        self._listener = None
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> tuple[Reply | None, Fault | None]:
        """The reply to a request, and the fault that hit it; no reply where the connection just ends."""
        where = place(request.path)
        fault = self.faults.take(where) if where != "other" else None
        reply = self._reply(request, fault)
        sent = None if reply is None or (fault and fault.kind == "stall" and fault.value is None) else reply.status
        kind = fault.kind if fault else None
        self.requests.note(Seen(self.clock(), request.method, request.path, request.query, where, sent, kind))
        return reply, fault

    def head(self, reply: Reply, fault: Fault | None) -> dict[str, str]:
        """The headers of a reply, as the generation has them."""
        date = date_header(self.clock(), fault)
        headers = {} if date is None else {"Date": date}
        headers |= {"Server": "uvicorn", "Content-Type": reply.content_type, **reply.headers}
        if reply.body is not ERROR_PAGE and not (fault and fault.kind in IN_FRONT):
            headers |= {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}
            headers |= {"Referrer-Policy": "same-origin", "X-Authentik-Id": uuid4().hex}
            if self.log.generation == "2025.8":
                headers["Vary"] = "Cookie"
            else:
                headers |= {"Vary": "Accept-Language, Cookie", "Content-Language": "en"}
        return headers

    def pause(self, seconds: float) -> bool:
        """Wait; True where the server stops meanwhile."""
        return self._stopping.wait(seconds)

    def _reply(self, request: Request, fault: Fault | None) -> Reply | None:
        if self._control is not None and request.path.startswith(PREFIX):
            return self._control.answer(request)
        if fault is None:
            return self._api.answer(request)
        if fault.kind in ("reset", "hang_up"):
            return None
        return instead(fault) or spoiled(self._api.answer(request, fault), fault)

    def _accept(self, listener: socket.socket) -> None:
        with listener:
            while True:
                connection, address = listener.accept()
                if self._stopping.is_set():
                    connection.close()
                    return
                Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: tuple[str, int]) -> None:
        with self._lock:
            self._open.add(connection)
        try:
            if not self._stopping.is_set():
                Connection(connection, address, self)
        except OSError as error:
            # A client that leaves, or is left by `stop`, is nothing to talk about.
            _logger.debug("connection ended: %s", error)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
