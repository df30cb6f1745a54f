"""Runs the dashboard in this terminal until the operator, or a signal, ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from dezky_audit_tui.ending import end_soon
from dezky_audit_tui.errors import Exit
from dezky_audit_tui.tui.app import AuditApp
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.terminal.hangup import is_hung_up, measure_terminal, replace_terminal

_LOOK_S = 1.0


def run_dashboard(setup: Setup) -> int:
    """The exit code. The store need not be open yet; it is closed at the end. A fault of the dashboard itself is raised
    once the terminal is as it was.

    `make_ingester` is awaited after the first frame, so what it imports does not hold the screen up. It may raise an
    AuditError: that is shown, and tried again.
    """
    measure_terminal()
    return asyncio.run(_run(AuditApp(setup)))


async def _run(app: AuditApp) -> int:
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()

    def hang_up() -> None:
        # One that is only said to have gone (kill -HUP), or is about to go, is left as it was.
        if is_hung_up():
            replace_terminal()
        if not gone.is_set():
            gone.set()
            app.exit(return_code=Exit.DONE)

    loop.add_signal_handler(signal.SIGTERM, lambda: app.exit(return_code=Exit.DONE))
    loop.add_signal_handler(signal.SIGINT, app.action_interrupt)
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    watch = asyncio.create_task(_watch_terminal(hang_up))
    try:
        await app.run_async()
    finally:
        watch.cancel()
        # The terminal is as it was: nothing has to be waited for but what may be put in order within seconds.
        end_soon(Exit.DONE if gone.is_set() else app.return_code or Exit.DONE)
        await app.shut_down()
    # What broke because the terminal went is no failure: nobody could have looked on.
    if app.fault is not None and not gone.is_set():
        raise app.fault
    return Exit.DONE if gone.is_set() else app.return_code or Exit.DONE


async def _watch_terminal(hang_up: Callable[[], None]) -> None:
    """A terminal can go without a signal (nohup, another session)."""
    while True:
        await asyncio.sleep(_LOOK_S)
        if is_hung_up():
            hang_up()
            return
