"""An ingester in a process of its own: a screen that shares an interpreter with it waits at every key for its turn."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from dezky_audit_tui.errors import AuditError
from dezky_audit_tui.ingest.link import Failed, Link, Wish
from dezky_audit_tui.ingest.state import ForceAnswer, IngesterState, force_answer

if TYPE_CHECKING:
    from dezky_audit_tui.settings import Settings

SILENT_S = 60
"""Seconds without a word after which a process is taken to hang: it says something every `worker.POLL_S`, or five."""
_MODULE = "dezky_audit_tui.ingest.child"
_REAP_S, _LOOK_S = 1.0, 0.01


class IngesterEnded(AuditError):
    """The process could not be started, or is gone. Nothing is lost by it: the next one goes on at the cursor."""

    kind = "ingester_ended"


async def start_ingester(settings: Settings, owner: str) -> IngesterProcess:
    """Start a process that ingests what these settings name, as that holder of the lease: the dashboard is who ingests,
    and the next of its processes has the lease of the one before at once. Raises IngesterEnded where none can be
    started."""
    try:
        ours, its = socket.socketpair()
        with its:
            try:
                process = _spawn(its.fileno())
            except OSError:
                ours.close()
                raise
    except OSError as error:
        raise IngesterEnded(
            f"The ingester's process cannot be started: {error.strerror}. Trying again; look at the limits for "
            "processes, open files and memory."
        ) from error
    handle = IngesterProcess(process, await Link.over(ours))
    await handle.begin(settings, owner)
    return handle


class IngesterProcess:
    """The handle of one: `state` is what it said last."""

    def __init__(self, process: subprocess.Popen[bytes], link: Link) -> None:
        self._process = process
        self._link = link
        self._state = IngesterState()
        self._failed: str | None = None
        self._heard = True
        self._stopping = False
        self._reading = asyncio.create_task(self._read())
        self._wishes: set[asyncio.Task[None]] = set()

    @property
    def state(self) -> IngesterState:
        """What it is at now, by its own word."""
        return self._state

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    async def begin(self, settings: Settings, owner: str) -> None:
        """Tell it what to do. Secrets go this way alone, and stand in no command line and no environment."""
        await self._link.send((settings, owner))

    def force(self) -> ForceAnswer:
        """Ask for a tick now."""
        answer = force_answer(self._state)
        if answer != "disabled":
            self._wish("force")
        return answer

    async def run(self) -> None:
        """Until `stop`. Raises IngesterEnded where it ends before."""
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.shield(self._reading)
        finally:
            watching.cancel()
        await self._reap()
        self._state = IngesterState("stopped")
        if not self._stopping:
            raise IngesterEnded(self._failed or _unexpected(self._process.returncode))

    async def stop(self) -> None:
        """End the tick in flight and give the lease back. One that has not done so when this is cancelled is killed."""
        self._stopping = True
        self._wish("stop")
        try:
            await asyncio.wait({self._reading})
        finally:
            await self._reap()

    async def _read(self) -> None:
        while (told := await self._link.receive()) is not None:
            self._heard = True
            if isinstance(told, IngesterState):
                self._state = told
            elif isinstance(told, Failed):
                self._failed = told.message
        self._link.close()

    async def _watch(self) -> None:
        """Kill it where it hangs. Counted in turns of this loop: while this program is suspended, nobody listens."""
        silent = 0
        while silent < SILENT_S:
            await asyncio.sleep(1)
            silent = 0 if self._heard else silent + 1
            self._heard = False
        self._failed = f"The ingester's process gave no sign of life for {SILENT_S} s. It is started again."
        self._process.kill()

    async def _reap(self) -> None:
        """It has closed its end, or is not waited for any more: so it ends now, and leaves no zombie."""
        left = _REAP_S
        while self._reading.done() and self._process.poll() is None and left > 0:
            await asyncio.sleep(_LOOK_S)
            left -= _LOOK_S
        if self._process.poll() is None:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_REAP_S)
        self._link.close()

    def _wish(self, wish: Wish) -> None:
        sending = asyncio.create_task(self._link.send(wish))
        self._wishes.add(sending)
        sending.add_done_callback(self._wishes.discard)


def _spawn(descriptor: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # -P: a folder that happens to be the current one brings no modules.
        [sys.executable, "-P", "-m", _MODULE, str(os.getpid()), str(descriptor)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(_path())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[descriptor],
        # No key and no hang-up of the terminal reaches it: the dashboard ends it, if only by its own end.
        start_new_session=True,
    )


def _path() -> Sequence[str]:
    """Where this process finds its modules, in its order, so that the other one finds the same."""
    return [place or os.getcwd() for place in sys.path]


def _unexpected(code: int | None) -> str:
    how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    return f"The ingester's process {how}. It is started again; its log may have more."
