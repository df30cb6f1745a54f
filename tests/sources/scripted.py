"""A real HTTP server on loopback that answers as it is told to, down to the bytes and the broken connections."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """What came: the target, and headers by their lower-case names."""

    target: str
    headers: dict[str, str]
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True)
class Answer:
    """What to say. `cut`: bytes of the whole answer after which the connection is dropped. `close`: drop it after
    the answer, without a word in its headers. `trickle`: a byte at a time, for ever. `silence`: nothing, for ever.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    close: bool = False
    trickle: bool = False
    silence: bool = False
    raw: bytes | None = None

    def to_bytes(self) -> bytes:
        if self.raw is not None:
            return self.raw
        headers = {"Content-Type": "application/json", "Content-Length": str(len(self.body)), **self.headers}
        head = f"HTTP/1.1 {self.status} Status\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        return head.encode("latin-1") + b"\r\n" + self.body


def answer(data: Any, status: int = 200, **headers: str) -> Answer:
    """An answer of JSON; `retry_after="5"` is the header `Retry-After`."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    body = data.encode() if isinstance(data, str) else json.dumps(data).encode()
    return Answer(status, body, named)


def recorded_answer(recorded: dict[str, Any]) -> Answer:
    """A recorded reply, with its headers but for those that follow from the body as it was cut."""
    skipped = ("content-length", "transfer-encoding")
    headers = {name.title(): value for name, value in recorded["headers"].items() if name not in skipped}
    body = recorded["body"]
    return Answer(recorded["status"], body.encode() if isinstance(body, str) else json.dumps(body).encode(), headers)


class ScriptedServer:
    """Asks `script` for the answer to each request. Used with `async with`; `url` is where it listens."""

    def __init__(self, script: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        self.connections = 0

    @property
    def url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"https://localhost:{port}" if self._tls else f"http://127.0.0.1:{port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        connection = self.connections
        try:
            while await self._answer_one(reader, writer, connection):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        request = Request(head[0].split(" ")[1], headers, connection)
        self.requests.append(request)
        said = self._script(request)
        if said.silence:
            await asyncio.Event().wait()
        data = said.to_bytes()
        if said.trickle:
            writer.write(data)
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.write(data[: said.cut])
        await writer.drain()
        if said.cut is not None or said.close:
            writer.close()
            return False
        return True
