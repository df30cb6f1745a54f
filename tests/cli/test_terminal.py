"""The dashboard as it is started: a process in a terminal of its own, with keys and a screen."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess

import pytest

from dezky_audit_tui.demo.simulation import Simulation
from tests.cli.conftest import TOKEN, Machine
from tests.cli.terminal import Terminal


def test_the_demo_shows_its_events_and_q_ends_it_without_a_trace(machine: Machine) -> None:
    machine.set(TMPDIR=str(machine.home), AUTHENTIK_URL="nonsense", AUDIT_STORE="nonsense")
    with Terminal(machine, "demo") as terminal:
        shown = terminal.until(lambda text: "login" in text and "demo.db" in text)
        assert "dezky audit" in shown
        terminal.press("q")
        assert terminal.ended() == 0
    assert not list(machine.home.glob("dezky-audit-tui-demo-*"))
    assert not machine.store_file.exists()


def test_a_login_is_on_the_screen_right_after_a_forced_tick(machine: Machine, authentik: Simulation) -> None:
    machine.set(AUDIT_INGEST_INTERVAL="3600")
    with Terminal(machine) as terminal:
        terminal.until(lambda text: " events" in text and "login" in text)
        user = authentik.login()["user"]["username"]
        terminal.press("r")
        terminal.until(lambda text: "251 events" in text)
        assert user[:12] in terminal.text
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 0
    assert TOKEN.encode() not in terminal.raw
    status = machine.run("status", "--json").json
    assert status["lease"] is None
    assert status["events"]["authentik"] >= 251


def test_where_ingesting_is_off_it_watches_what_others_store(machine: Machine, authentik: Simulation) -> None:
    assert machine.run("tick").code == 0
    before = authentik.server.requests.count()
    machine.set(AUDIT_INGEST_ENABLED="false")
    del machine.environment["AUTHENTIK_URL"], machine.environment["AUTHENTIK_TOKEN"]
    with Terminal(machine) as terminal:
        terminal.until(lambda text: " events" in text and "login" in text)
        terminal.press("r")
        terminal.press("q")
        assert terminal.ended() == 0
    assert authentik.server.requests.count() == before


def test_a_token_from_a_pipe_is_read_once_and_serves_the_ingester_too(machine: Machine, authentik: Simulation) -> None:
    read, write = os.pipe()
    os.write(write, TOKEN.encode())
    os.close(write)
    del machine.environment["AUTHENTIK_TOKEN"]
    machine.set(AUTHENTIK_TOKEN_FILE=f"/dev/fd/{read}")
    with Terminal(machine, pass_fds=[read]) as terminal:
        os.close(read)
        terminal.until(lambda text: "ingesting here" in text and "login" in text)
        terminal.press("q")
        assert terminal.ended() == 0
    assert TOKEN.encode() not in terminal.raw


@pytest.mark.parametrize("with_signal", [True, False])
def test_a_terminal_that_goes_away_ends_it_and_gives_the_lease_back(
    machine: Machine, authentik: Simulation, with_signal: bool
) -> None:
    with Terminal(machine) as terminal:
        terminal.until(lambda text: "ingesting here" in text and "login" in text)
        terminal.hang_up()
        if with_signal:
            terminal.process.send_signal(signal.SIGHUP)
        assert terminal.process.wait(timeout=60) == 0
    assert machine.run("status", "--json").json["lease"] is None


def test_a_screen_that_would_go_to_a_file_is_refused(machine: Machine) -> None:
    leader, follower = pty.openpty()
    try:
        ended = machine.run(stdin=follower, stdout=follower, stderr=subprocess.PIPE)
    finally:
        os.close(follower)
        os.close(leader)
    assert ended.code == 2
    assert "needs a terminal" in ended.err


@pytest.mark.parametrize("term", ["dumb", "unknown", "DUMB"])
def test_a_terminal_that_cannot_move_its_cursor_is_told_what_can_be_used(machine: Machine, term: str) -> None:
    machine.set(TERM=term)
    with Terminal(machine, columns=250) as terminal:
        text = terminal.until(lambda text: "--plain" in text)
        assert "needs a terminal that can move its cursor" in text
        assert terminal.ended() == 2


def test_what_a_terminal_does_not_know_takes_no_more_room_than_what_it_knows(
    machine: Machine, authentik: Simulation
) -> None:
    machine.set(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    with Terminal(machine) as terminal:
        terminal.until(lambda text: "authentik ? ok" in text and "login" in text)
        terminal.press("q")
        assert terminal.ended() == 0
    assert b"\\u25" not in terminal.raw


def test_it_follows_the_size_of_its_terminal_and_leaves_it_as_it_was(machine: Machine, authentik: Simulation) -> None:
    with Terminal(machine, columns=80, lines=24) as terminal:
        terminal.until(lambda text: " events" in text and "login" in text and "q quit" in text)
        terminal.resize(120, 40)
        shown = terminal.until(lambda text: "dezky audit" in text and "1 Cursor" in text)
        assert any(line.endswith("what") for line in shown.splitlines()[:6])
        terminal.resize(60, 20)
        shown = terminal.until(lambda text: "1 Cursor" not in text and "q quit" not in text.splitlines()[19][:10])
        assert len(max(shown.splitlines(), key=len)) <= 60
        terminal.press("q")
        assert terminal.ended() == 0
    end = terminal.raw[-400:]
    for undone in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l"):
        assert undone in end
    assert b"\x1b[?1049h" not in end


_COLOUR = re.compile(rb"\x1b\[(?:[0-9;:]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m")


def test_no_color_takes_every_colour_away_and_leaves_glyphs_and_words(machine: Machine, authentik: Simulation) -> None:
    machine.set(NO_COLOR="1")
    with Terminal(machine) as terminal:
        terminal.until(lambda text: " events" in text and "login" in text)
        terminal.press("/outcome:failure\r")
        terminal.until(lambda text: "✗ login_failed" in text and "● ok" in text)
        terminal.press("T")
        terminal.until(lambda text: "NO_COLOR is set" in text)
        terminal.press("?")
        terminal.until(lambda text: "keys" in text and "esc closes" in text)
        terminal.press("q")
        terminal.press("q")
        assert terminal.ended() == 0
    assert not _COLOUR.findall(terminal.raw)
    assert b"\x1b[1m" in terminal.raw or b"\x1b[1;" in terminal.raw


def test_it_begins_as_it_was_left(machine: Machine, authentik: Simulation) -> None:
    with Terminal(machine) as terminal:
        terminal.until(lambda text: " events" in text and "login" in text)
        terminal.press("/outcome:failure\r")
        terminal.until(lambda text: " of 25" in text)
        terminal.press("2Tzz")
        terminal.until(lambda text: "times as ages" in text)
        terminal.press("q")
        assert terminal.ended() == 0
    file = machine.home / ".local/state/dezky-audit-tui/view.json"
    assert file.stat().st_mode & 0o777 == 0o600
    with Terminal(machine) as terminal:
        terminal.until(lambda text: " of 25" in text and "ages" in text and "trigger" in text)
        shown = terminal.until(lambda text: "the filter is as it was left" in text)
        assert "outcome:failure" in shown
        assert b"48;5;231" in terminal.raw, "the light background"
        terminal.press("q")
        assert terminal.ended() == 0
