"""What runs in the process of a dashboard's ingester: `python -m dezky_audit_tui.ingest.child PARENT DESCRIPTOR`."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys

from dezky_audit_tui import garbage, logs
from dezky_audit_tui.ending import end_soon
from dezky_audit_tui.errors import AuditError, Exit, StoreError
from dezky_audit_tui.ingest.build import build_ingester, build_source
from dezky_audit_tui.ingest.link import Failed, Link
from dezky_audit_tui.ingest.state import IngesterState
from dezky_audit_tui.ingest.worker import Ingester
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.store import Store

_PR_SET_PDEATHSIG = 1
"""prctl(2)"""
_TOLD_EVERY_S = 0.1
"""What changes more often is told as it is then."""
_ALIVE_S = 5.0
_RETRY_S = 2.0

log = logging.getLogger(__name__)


def main() -> None:
    """Until the dashboard asks for the end, or is gone."""
    parent, descriptor = int(sys.argv[1]), int(sys.argv[2])
    _end_with(parent)
    garbage.look_rarely()
    garbage.keep_loaded()
    asyncio.run(_serve(socket.socket(fileno=descriptor)))


def _end_with(parent: int) -> None:
    """Where the dashboard is killed, this process is too, at once: whoever comes next need not wait for its lease."""
    if sys.platform == "linux":
        from ctypes import CDLL

        CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was too late
        os._exit(0)


async def _serve(end: socket.socket) -> None:
    link = await Link.over(end)
    task = await link.receive()
    if task is None:
        return
    settings, owner = task
    logs.log_to_file()
    logs.hide(settings.secrets)
    forced = asyncio.Event()
    work = asyncio.create_task(_ingest(settings, owner, link, forced))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _end, work)
    listening = asyncio.create_task(_listen(link, forced, work))
    try:
        await work
    except asyncio.CancelledError:
        pass
    except AuditError as error:
        await link.send(Failed(error.message))
    except Exception as fault:
        log.exception("the ingester ended")
        await link.send(Failed(f"The ingester ended by a fault of its own ({type(fault).__name__}). Its log has more."))
    finally:
        listening.cancel()
        link.close()


async def _listen(link: Link, forced: asyncio.Event, work: asyncio.Task[None]) -> None:
    """Pass on what the dashboard wishes, and end with it."""
    while (wish := await link.receive()) is not None:
        if wish == "force":
            forced.set()
        else:
            _end(work)
    end_soon(Exit.DONE)
    _end(work)


def _end(work: asyncio.Task[None]) -> None:
    """Once: a service that is stopped tells dashboard and ingester, and the second word would cut the end short."""
    if not work.cancelling():
        work.cancel()


async def _ingest(settings: Settings, owner: str, link: Link, forced: asyncio.Event) -> None:
    """Open the store, and tick until cancelled; then the tick in flight ends and the lease is given back."""
    source, store = build_source(settings), open_store(settings.store_url)
    try:
        await _open(store, link)
        ingester = build_ingester(settings, store, source, owner=owner)
        running = asyncio.create_task(ingester.run())
        beside = [asyncio.create_task(_tell(ingester, link)), asyncio.create_task(_pass_on(forced, ingester))]
        try:
            await asyncio.shield(running)
        finally:
            await ingester.stop()
            await running
            for task in beside:
                task.cancel()
    finally:
        await source.aclose()
        await store.close()


async def _open(store: Store, link: Link) -> None:
    """Try until it is there, and say why it is not."""
    failures = 0
    while True:
        try:
            await store.open()
            return
        except StoreError as error:
            failures += 1
            await link.send(IngesterState("waiting", why=error.message, failures=failures))
            await asyncio.sleep(_RETRY_S)


async def _tell(ingester: Ingester, link: Link) -> None:
    """Each new state, and now and then the old one as a sign of life."""
    while True:
        ingester.changed.clear()
        await link.send(ingester.state)
        await asyncio.sleep(_TOLD_EVERY_S)
        try:
            await asyncio.wait_for(ingester.changed.wait(), _ALIVE_S)
        except TimeoutError:
            continue


async def _pass_on(forced: asyncio.Event, ingester: Ingester) -> None:
    while True:
        await forced.wait()
        forced.clear()
        ingester.force()


if __name__ == "__main__":
    main()
