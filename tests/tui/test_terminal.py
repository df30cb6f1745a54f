"""The real program in a real pseudo-terminal, read by a terminal emulator."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte
import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.tui.terminal.hangup import Lasting
from tests.tui.rows import event, put

PROGRAM = """
import sys
from pathlib import Path
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.tui.run import run_dashboard
from dezky_audit_tui.tui.setup import Setup
sys.exit(run_dashboard(Setup(SqliteStore(Path(sys.argv[1])), None, "authentik")))
"""

FAULTY = f"""
from dezky_audit_tui.tui.screens.mark_keys import MarkKeys

def action_mark(self):
    name = "-".join(["a", "secret", "that", "the", "frame", "holds"])
    raise LookupError("it broke")

MarkKeys.action_mark = action_mark
{PROGRAM}"""

SHELL = f"""
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if not job:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-c", {PROGRAM!r}, *sys.argv[1:]])
while os.WIFSTOPPED(status := os.waitpid(job, os.WUNTRACED)[1]):
    os.tcsetpgrp(0, os.getpgrp())
    sys.stdout.write("$ ")
    sys.stdout.flush()
    sys.stdin.readline()
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A shell of one job: whatever is typed while it is stopped goes on with it."""


class Terminal:
    """A program in a terminal of `columns` by `lines`, which the terminal itself does not know where not `measured`."""

    def __init__(
        self, store: Path, columns: int = 80, lines: int = 24, program: str = PROGRAM, *, measured: bool = True
    ) -> None:
        self.master, slave = pty.openpty()
        if measured:
            self.resize(columns, lines, tell=False)
        self.modes_before = termios.tcgetattr(slave)
        self.slave = slave
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        # A shell that exports its size must not keep the dashboard at that.
        size = {"COLUMNS": str(columns), "LINES": str(lines)}
        environment = {**os.environ, **size, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.program = subprocess.Popen(
            [sys.executable, "-c", program, str(store)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # a shell does the same
        )

    def resize(self, columns: int, lines: int, *, tell: bool = True) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        if tell:
            self.screen.resize(lines, columns)
            self.screen.erase_in_display(2)
            os.killpg(self.program.pid, signal.SIGWINCH)

    def read(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    return
                self.raw += data
                self.stream.feed(data)

    def until(self, words: str, patience_s: float = 60.0) -> str:
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            text = "\n".join(self.screen.display)
            if words in text:
                return text
            self.read(0.1)
        raise AssertionError(f"{words!r} never came:\n" + "\n".join(self.screen.display))

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self, patience_s: float = 60.0) -> int:
        end = time.monotonic() + patience_s
        while self.program.poll() is None and time.monotonic() < end:
            self.read(0.05)
        assert self.program.poll() is not None, "it did not end"
        self.read(0.1)
        return self.program.returncode


@contextmanager
def running(
    store: Path, columns: int = 80, lines: int = 24, program: str = PROGRAM, *, measured: bool = True
) -> Iterator[Terminal]:
    terminal = Terminal(store, columns, lines, program, measured=measured)
    try:
        yield terminal
    finally:
        if terminal.program.poll() is None:
            terminal.program.kill()
            terminal.program.wait()
        for descriptor in (terminal.master, terminal.slave):
            if descriptor >= 0:
                os.close(descriptor)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A store with some events."""

    async def fill() -> None:
        store = SqliteStore(tmp_path / "audit.db")
        await store.open()
        await put(store, [event(n) for n in range(500)])
        await store.close()

    asyncio.run(fill())
    return tmp_path / "audit.db"


def is_restored(terminal: Terminal) -> bool:
    left = all(code in terminal.raw for code in (b"\x1b[?1049l", b"\x1b[?25h"))
    return left and termios.tcgetattr(terminal.slave)[3] == terminal.modes_before[3]


def test_ctrl_z_leaves_the_terminal_to_the_shell_and_comes_back(filled: Path) -> None:
    with running(filled, program=SHELL) as terminal:
        terminal.until("500 events")
        terminal.press("jj")
        terminal.until("paused")
        terminal.press("\x1a")
        terminal.until("$ ")
        assert is_restored(terminal)
        terminal.press("fg\n")
        assert "500 events" in terminal.until("tick now")
        terminal.press("q")
        assert terminal.end() == 0


def test_where_no_shell_waits_ctrl_z_stops_nothing(filled: Path) -> None:
    with running(filled) as terminal:
        terminal.until("500 events")
        terminal.press("\x1a")
        terminal.until("no shell is waiting")
        terminal.press("q")
        assert terminal.end() == 0


def test_a_byte_that_is_no_text_ends_nothing(filled: Path) -> None:
    with running(filled) as terminal:
        terminal.until("500 events")
        os.write(terminal.master, b"\xe9/\xfftenant:acme\x1b[1114112u")
        terminal.until("\N{REPLACEMENT CHARACTER}tenant:acme")
        terminal.press("\x15tenant:acme\r")
        terminal.until("167 of 500")
        terminal.press("q")
        assert terminal.end() == 0


def test_a_fault_of_its_own_is_raised_and_nothing_that_it_holds_is_drawn(filled: Path) -> None:
    with running(filled, columns=200, program=FAULTY) as terminal:
        terminal.until("500 events")
        terminal.press("*")
        assert terminal.end() == 1
        assert is_restored(terminal)
    assert b"LookupError: it broke" in terminal.raw
    assert b"a-secret-that-the-frame-holds" not in terminal.raw


def test_it_draws_follows_keys_and_a_resize_and_leaves_a_clean_terminal(filled: Path) -> None:
    with running(filled) as terminal:
        text = terminal.until("500 events")
        assert "sqlite audit.db" in text
        assert "12:08:19" in terminal.until("12:08:19")
        terminal.press("jj")
        terminal.until("paused")
        terminal.resize(120, 40)
        text = terminal.until("1 Cursor")
        assert "203.0.113." in text
        terminal.resize(60, 20)
        assert "r tick now" in terminal.until("no data yet  sqlite audit")
        terminal.press("/tenant:acme\r")
        terminal.until("167 of 500")
        terminal.press("q")
        assert terminal.end() == 0
        assert is_restored(terminal)


def test_a_terminal_that_does_not_know_its_size_gets_that_of_the_environment(filled: Path) -> None:
    with running(filled, columns=100, lines=30, measured=False) as terminal:
        terminal.until("? help")
        assert "? help" in terminal.screen.display[-1]
        terminal.resize(0, 0, tell=False)
        os.killpg(terminal.program.pid, signal.SIGWINCH)
        terminal.read(0.3)
        terminal.resize(120, 40)
        terminal.until("1 Cursor")
        terminal.press("q")
        assert terminal.end() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_cleanly(filled: Path, number: signal.Signals, code: int) -> None:
    with running(filled) as terminal:
        terminal.until("500 events")
        terminal.program.send_signal(number)
        assert terminal.end() == code
        assert is_restored(terminal)


def test_ctrl_c_ends_it_and_says_so_in_the_exit_code(filled: Path) -> None:
    with running(filled) as terminal:
        terminal.until("500 events")
        terminal.press("\x03")
        assert terminal.end() == 130
        assert is_restored(terminal)


def test_a_terminal_that_goes_away_ends_it_without_spinning(filled: Path) -> None:
    with running(filled) as terminal:
        terminal.until("500 events")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.master = terminal.slave = -1
        assert terminal.program.wait(60) == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 5


def test_a_writer_to_a_terminal_that_has_gone_holds_nobody_up() -> None:
    leader, follower = pty.openpty()
    os.close(leader)
    dead = os.fdopen(follower, "w")
    writer = WriterThread(Lasting(dead))  # type: ignore[arg-type]  # what it calls of a file

    def write() -> None:
        for _ in range(10 * MAX_QUEUED_WRITES):
            writer.write("x")
        writer.stop()

    writing = threading.Thread(target=write, daemon=True)
    writer.start()
    writing.start()
    writing.join(30)
    assert not writing.is_alive()
    with suppress(OSError):
        dead.close()


def test_idle_it_sends_little(filled: Path) -> None:
    with running(filled) as terminal:
        terminal.until("500 events")
        terminal.read(1.5)
        before = len(terminal.raw)
        terminal.read(3.0)
        assert len(terminal.raw) - before < 3 * 300
