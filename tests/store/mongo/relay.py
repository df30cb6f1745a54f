"""A relay before a MongoDB that may fall silent: connections stay open, and nothing comes through any more."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Relay:
    """Used with `with`; `url` leads to the database of `target`, a MongoDB's URI, through the relay."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._to = (parts.hostname or "", parts.port or 27017)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        self._passing = threading.Event()
        self._passing.set()
        port = self._listener.getsockname()[1]
        self.url = f"mongodb://127.0.0.1:{port}{parts.path}?directConnection=true"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._passing.set()
        for each in self._sockets:
            each.close()

    def silence(self) -> None:
        """From now on nothing comes through, either way."""
        self._passing.clear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to)
            except OSError:
                return
            self._sockets += (near, far)
            for reader, writer in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(reader, writer), daemon=True).start()

    def _pass(self, reader: socket.socket, writer: socket.socket) -> None:
        try:
            while data := reader.recv(65_536):
                self._passing.wait()
                writer.sendall(data)
            writer.shutdown(socket.SHUT_WR)
        except OSError:
            pass
