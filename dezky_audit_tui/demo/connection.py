"""One client's connection to the simulated server: HTTP/1.1 with keep-alive, and the faults of the wire."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from dezky_audit_tui.demo.faults import Fault
from dezky_audit_tui.demo.messages import Reply, Request

_BODY_LIMIT = 1024 * 1024
_PIECE = 64 * 1024


class Answerer(Protocol):
    """What a connection asks for its replies."""

    def answer(self, request: Request) -> tuple[Reply | None, Fault | None]:
        """The reply and the fault of the wire that goes with it. No reply: nothing is sent."""

    def head(self, reply: Reply, fault: Fault | None) -> dict[str, str]:
        """The headers of a reply, all but those of the body's length."""

    def pause(self, seconds: float) -> bool:
        """Wait; True where the server stops meanwhile."""


class Connection(BaseHTTPRequestHandler):
    """Reads requests and writes replies until the client has enough. One thread each."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = _PIECE

    def __init__(self, sock: socket.socket, address: tuple[str, int], answerer: Answerer) -> None:
        self._answerer = answerer
        super().__init__(sock, address, answerer)  # type: ignore[arg-type]  # the base class only keeps its server

    def do_GET(self) -> None:
        """Answer one request, whatever its method."""
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > _BODY_LIMIT:
            self.close_connection = True
            length = "0"
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, headers, self.rfile.read(int(length)))
        reply, fault = self._answerer.answer(request)
        if reply is None:
            self._refuse(fault)
        else:
            self._send(reply, fault)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the server keeps its own list of requests."""

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        kind = None if fault is None else fault.kind
        if fault is not None and kind == "stall" and self._wait(None if fault.value is None else float(fault.value)):
            self.close_connection = True
            return
        if fault is not None and kind == "huge":
            self._stream(self._head(reply, fault, "Transfer-Encoding: chunked"), _chunks(fault))
            return
        head = self._head(reply, fault, f"Content-Length: {len(reply.body)}")
        body = b"" if self.command == "HEAD" else reply.body
        if kind == "cut_off":
            self._stream(head, iter([body[: len(body) // 2]]))
        elif fault is not None and kind == "trickle":
            gap = 0.05 if fault.value is None else float(fault.value)
            self._stream(head, _pieces(body, 40), gap=gap, close=False)
        else:
            self.wfile.write(head + body)

    def _head(self, reply: Reply, fault: Fault | None, length: str) -> bytes:
        try:
            phrase = HTTPStatus(reply.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [f"HTTP/1.1 {reply.status} {phrase}", length]
        lines += [f"{name}: {value}" for name, value in self._answerer.head(reply, fault).items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _stream(self, head: bytes, pieces: Iterator[bytes], *, gap: float = 0.0, close: bool = True) -> None:
        self.close_connection = close
        self.wfile.write(head)
        for piece in pieces:
            if gap and self._answerer.pause(gap):
                self.close_connection = True
                return
            self.wfile.write(piece)

    def _refuse(self, fault: Fault | None) -> None:
        """End the connection without a byte, and with a reset where that was asked for."""
        self.close_connection = True
        if fault is not None and fault.kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _wait(self, seconds: float | None) -> bool:
        """Wait that long (None: for ever). True where the client left or the server stops before."""
        left = seconds
        while left is None or left > 0:
            step = 0.1 if left is None else min(left, 0.1)
            if self._answerer.pause(step) or self._client_left():
                return True
            left = None if left is None else left - step
        return False

    def _client_left(self) -> bool:
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False


def _pieces(body: bytes, count: int) -> Iterator[bytes]:
    size = max(1, -(-len(body) // count))
    return (body[start : start + size] for start in range(0, len(body), size))


def _chunks(fault: Fault) -> Iterator[bytes]:
    """Chunks of one endless string, and no last chunk."""
    left = 64 * 1024 * 1024 if fault.value is None else int(fault.value)
    yield b'f\r\n{"results": ["a\r\n'
    while left > 0:
        size = min(left, _PIECE)
        yield b"%x\r\n" % size + b"a" * size + b"\r\n"
        left -= size
