"""The dashboard's settings, which another process reads while the screen is loaded: nobody must notice that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.conftest import TOKEN, Machine
from tests.cli.terminal import Terminal

_PATIENCE_S = 60.0
_SCREEN = b"\x1b[?1049h"

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them")


def children(parent: int) -> set[int]:
    """The processes that one has started, ended ones that it has not waited for among them."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.add(int(stat.parent.name))
    return found


@pytest.fixture
def reading(machine: Machine) -> Iterator[Terminal]:
    """A dashboard whose settings are just being read, and cannot be read to the end: `.env` is a pipe that somebody
    holds open."""
    machine.set(AUDIT_INGEST_ENABLED="false")
    pipe = machine.here / ".env"
    os.mkfifo(pipe)
    with Terminal(machine, start_new_session=True) as terminal:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
                break
            except OSError:  # nobody reads yet
                assert time.monotonic() < deadline
                time.sleep(0.01)
        yield terminal
        with suppress(OSError):
            os.close(writer)


def test_wrong_settings_are_told_before_anything_is_drawn(machine: Machine) -> None:
    machine.set(AUDIT_INGEST_INTERVAL="0", AUDIT_STORE=f"postgres://root:{TOKEN}@db/audit")
    elsewhere = machine.run("status")
    with Terminal(machine, columns=200) as terminal:
        assert terminal.ended() == elsewhere.code == 2
    assert terminal.raw.decode().replace("\r\n", "\n") == elsewhere.err
    assert "AUDIT_INGEST_INTERVAL is '0' (in the environment)" in elsewhere.err
    assert TOKEN.encode() not in terminal.raw


def test_what_the_command_line_gives_comes_first(machine: Machine) -> None:
    machine.set(AUDIT_INGEST_ENABLED="false", AUDIT_STORE="sqlite:////nowhere/else.db")
    with Terminal(machine, "--store", f"sqlite:///{machine.home}/mine.db") as terminal:
        terminal.until(lambda text: "mine.db" in text)


def test_no_process_is_left_when_the_screen_is_there(machine: Machine) -> None:
    machine.set(AUDIT_INGEST_ENABLED="false")
    with Terminal(machine) as terminal:
        terminal.until(lambda text: "dezky audit" in text)
        assert children(terminal.process.pid) == set()


def test_what_a_killed_reader_cannot_tell_is_read_again(reading: Terminal, machine: Machine) -> None:
    (child,) = children(reading.process.pid)
    os.kill(child, signal.SIGKILL)
    (machine.here / ".env").unlink()
    assert "dezky audit" in reading.until(lambda text: "dezky audit" in text)
    assert children(reading.process.pid) == set()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
@pytest.mark.parametrize("to_all", [True, False])
def test_a_signal_meanwhile_ends_both_without_a_word(
    reading: Terminal, number: signal.Signals, code: int, to_all: bool
) -> None:
    (child,) = children(reading.process.pid)
    (os.killpg if to_all else os.kill)(reading.process.pid, number)
    assert reading.ended() == code
    assert reading.raw.strip() == b""
    assert not Path(f"/proc/{child}").exists()


@pytest.mark.parametrize("trouble", ["os.fork = refuse", "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"])
def test_where_no_other_process_can_be_had_or_heard_of_all_is_read_in_this_one(machine: Machine, trouble: str) -> None:
    machine.set(AUDIT_INGEST_INTERVAL="7", AUTHENTIK_TOKEN=TOKEN)
    code = f"""if True:
        import os, signal
        from dezky_audit_tui.errors import SettingsError
        from dezky_audit_tui.settings.beside import SettingsBeside
        def refuse():
            raise BlockingIOError(11, "Resource temporarily unavailable")
        {trouble}
        with SettingsBeside({{"audit_ingest_overlap": 3}}) as reading:
            found = reading.settings()
        print(found.audit_ingest_interval, found.audit_ingest_overlap, found.authentik_token)
        with SettingsBeside({{"audit_ingest_overlap": -3}}) as reading:
            try:
                reading.settings()
            except SettingsError as error:
                print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", code], env=machine.environment, cwd=machine.here, capture_output=True, text=True
    )
    first, second = done.stdout.splitlines()
    assert first == "7.0 3.0 **********"
    assert second == "AUDIT_INGEST_OVERLAP is -3 (in the command line): allowed is seconds from 0 to 86400"
    assert done.stderr == ""
