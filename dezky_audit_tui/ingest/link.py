"""What crosses between a dashboard and the process of its ingester: values, one after the other, over a socket pair.

Both ends are this program in one version, started by one user, so that a value is pickled as it is.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
from dataclasses import dataclass
from typing import Any, Literal

Wish = Literal["force", "stop"]
"""What a dashboard asks of its ingester."""

_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Failed:
    """The last word of an ingester that cannot go on: why, for the operator."""

    message: str


class Link:
    """One end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def over(cls, end: socket.socket) -> Link:
        """The link over this end of a socket pair, which it closes in the end."""
        return cls(*await asyncio.open_connection(sock=end))

    async def receive(self) -> Any:
        """The next value; None where the other end is gone."""
        try:
            length = int.from_bytes(await self._reader.readexactly(_LENGTH_BYTES), "big")
            return pickle.loads(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def send(self, value: object) -> None:
        """Hand a value over, and wait while the other end does not listen. For an end that is gone it is dropped."""
        data = pickle.dumps(value)
        try:
            self._writer.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
            await self._writer.drain()
        except ConnectionError:
            return

    def close(self) -> None:
        """Let go."""
        self._writer.close()
