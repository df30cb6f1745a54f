"""What strangers write into events never acts on what shows it: every command, every stream, by bytes."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dezky_audit_tui.demo.directory import Group, User
from dezky_audit_tui.demo.log import Json
from dezky_audit_tui.model.instants import now
from tests.cli.conftest import Machine
from tests.cli.terminal import Terminal
from tests.faults.hostile import NAMES, SEQUENCES, check_harmless
from tests.faults.screens import read_for
from tests.faults.victims import Ended, Victims, Zygote
from tests.faults.world import World, login


def events_of(name: str, number: int) -> list[Json]:
    """Events that carry `name` wherever somebody else decides what stands there."""
    at = now() - timedelta(seconds=3 + number)
    user = {"pk": 7_000 + number, "username": name, "email": name}
    request = {"request_id": name, "user_agent": name, "path": f"/{name}", "method": name, "args": {name: name}}
    return [
        login(
            at, user=user, client_ip=name, context={"auth_method": name, "http_request": request, "geo": {"city": name}}
        ),
        login(
            at, action="login_failed", user={"pk": None, "username": name}, context={"username": name, "stage": name}
        ),
        login(at, action=f"custom_{name}"[:200], app=name, context={"message": name, name: name}),
        login(
            at,
            action="impersonation_started",
            user={"pk": 1, "username": "root", "on_behalf_of": user},
            context={"reason": name, "http_request": request},
        ),
        login(
            at, action="model_updated", context={"model": {"app": name, "model_name": name, "pk": name, "name": name}}
        ),
        login(at, action="email_sent", user={}, context={"subject": name, "to_email": f"{name} <a@b.example>"}),
        login(at, action="authorize_application", context={"authorized_application": {"pk": name, "name": name}}),
    ]


@pytest.fixture(scope="module")
def hostile(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Victims]]:
    """A source full of such events, and a machine that has pulled them."""
    with World(20) as world:
        for number, name in enumerate(NAMES):
            world.simulation.directory.put_user(User(7_000 + number, name, name, name))
            world.simulation.directory.put_group(Group(str(uuid.uuid4()), name, users=frozenset({7_000 + number})))
            world.log.add(*events_of(name, number))
            world.add_unreadable({"pk": f"{uuid.uuid4()}", "created": name, "action": name, name[:30]: name})
            world.add_unreadable({"pk": name, "created": "2026-01-01T00:00:00Z", "action": name})
        folder = tmp_path_factory.mktemp("machine")
        victims = Victims(zygote, folder, world.environment)
        ended = victims.run("tick", "--until-caught-up", "--json")
        assert ended.code == 0, ended.err
        check_all(ended)
        assert ended.reports[-1]["holes"] == 0
        deface(world)
        check_all(victims.run("reconcile", "--since", "9999d"))
        yield world, victims


def deface(world: World) -> None:
    """What was stored is told otherwise by the source now, in the same words."""
    for number, pk in enumerate(world.log.pks()[: 2 * len(NAMES)]):
        event = world.log.get(pk)
        if event is not None and pk not in world.unreadable:
            world.log.remove([pk])
            name = NAMES[number % len(NAMES)]
            world.log.add(event | {"app": name, "user": {"pk": 1, "username": name}, "client_ip": name})


def check_all(ended: Ended) -> None:
    """Neither stream acts or hides anything."""
    check_harmless(ended.out)
    check_harmless(ended.err)


COMMANDS = [
    ["timeline", "--limit", "all"],
    ["timeline", "--limit", "all", "--format", "jsonl"],
    ["timeline", "--limit", "all", "--format", "csv"],
    ["status"],
    ["status", "--json"],
    ["actions"],
    ["actions", "--json"],
    ["tenants"],
    ["tenants", "--json"],
    ["quarantine", "--limit", "1000"],
    ["quarantine", "--limit", "1000", "--json"],
    ["findings", "--limit", "1000"],
    ["findings", "--limit", "1000", "--json"],
    ["handover", "--since", "24h"],
    ["handover", "--since", "24h", "--json"],
    ["doctor"],
    ["doctor", "--json"],
    ["tick"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_lets_data_act(hostile: tuple[World, Victims], arguments: list[str]) -> None:
    _, victims = hostile
    ended = victims.run(*arguments)
    assert ended.code in (0, 1)
    assert ended.out
    check_all(ended)
    if "jsonl" in arguments or "--json" in arguments:
        assert all(isinstance(json.loads(line), dict) for line in ended.out.splitlines())


def test_markup_is_text(hostile: tuple[World, Victims]) -> None:
    _, victims = hostile
    assert "[bold red]OWNED[/bold red]" in victims.run("timeline", "--limit", "all").out


def test_no_cell_of_csv_starts_a_formula(hostile: tuple[World, Victims]) -> None:
    _, victims = hostile
    rows = list(csv.reader(io.StringIO(victims.run("timeline", "--limit", "all", "--format", "csv").out)))
    assert len(rows) > 7 * len(NAMES)
    for row in rows[1:]:
        assert len(row) == len(rows[0])
        for cell in row:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")), cell


@pytest.mark.parametrize("name", NAMES[:20])
def test_what_an_operator_pastes_is_harmless_in_the_answer(hostile: tuple[World, Victims], name: str) -> None:
    _, victims = hostile
    if "\0" in name:
        return
    for arguments in (
        ["timeline", name],
        ["timeline", f"nofield:{name}"],
        ["timeline", f'actor:"{name}'],
        ["timeline", f"since:{name}"],
        ["timeline", "--limit", name],
        ["timeline", "--format", name],
        ["--store", f"sqlite:///{name}/x/y", "status"],
        ["--store", name, "status"],
        [name],
        [f"--{name}"],
    ):
        check_all(victims.run(*arguments))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("AUTHENTIK_URL", "https://\x1b[7777m.example"),
        ("AUTHENTIK_URL", "http://127.0.0.1:1/\x1b]0;OWNED\x07"),
        ("AUTHENTIK_CA_BUNDLE", "/no\x1b[7777m/file"),
        ("AUTHENTIK_TOKEN_FILE", "/no\u202e/file"),
        ("AUDIT_STORE", "\x1b[7777m"),
        ("AUDIT_STORE", "sqlite:////no/\x1b[7777m/audit.db"),
        ("AUDIT_STORE", "mongodb://\x1b[7777m/db"),
        ("AUDIT_INGEST_INTERVAL", "\x1b[7777m"),
        ("AUDIT_ADMIN_GROUPS", "\x1b[7777m,\u202e"),
        ("AUDIT_TENANTS", "\x1b[7777m"),
    ],
)
def test_what_settings_hold_is_harmless_in_the_answer(hostile: tuple[World, Victims], setting: str, value: str) -> None:
    world, victims = hostile
    other = Victims(victims._zygote, victims.folder, {**world.environment, setting: value})
    if setting == "AUTHENTIK_TOKEN_FILE":
        del other.environment["AUTHENTIK_TOKEN"]
    for arguments in (["status"], ["tick"], ["doctor"], ["doctor", "--json"]):
        check_all(other.run(*arguments))


def test_what_a_server_says_when_it_refuses_is_harmless(hostile: tuple[World, Victims]) -> None:
    world, victims = hostile
    for name in SEQUENCES[:6]:
        value = (
            f"http://{name}.example/".replace("\n", "").replace("\r", "").encode("latin-1", "ignore").decode("latin-1")
        )
        world.server.faults.set("redirect", where="events", count=1, value=value)
        check_all(victims.run("tick"))
        world.server.faults.clear()


def test_the_log_lines_of_a_service_are_harmless(hostile: tuple[World, Victims]) -> None:
    _, victims = hostile
    process = victims.spawn("ingest")
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if " tick " in line:
            break
    process.terminate()
    out, err = process.communicate(timeout=120)
    check_harmless("".join(lines) + err)
    check_harmless(out)


@pytest.mark.parametrize("arguments", [["--plain"], ["timeline", "--follow", "--limit", "all"]], ids=" ".join)
def test_lines_that_go_on_and_on_are_harmless(hostile: tuple[World, Victims], arguments: list[str]) -> None:
    world, victims = hostile
    process = victims.spawn(*arguments)
    assert process.stdout is not None
    assert process.stderr is not None
    lines = [process.stdout.readline()]
    for number, name in enumerate(NAMES):
        world.log.add(*events_of(name, number))
    assert victims.spawn("tick", "--until-caught-up").wait(timeout=120) == 0
    while sum("OWNED" in line for line in lines[1:]) < 20:
        lines.append(process.stdout.readline())
        assert lines[-1], "it ended by itself"
    process.terminate()
    # Not `communicate`: it would begin behind what was read ahead of these lines, in the middle of a character.
    check_harmless("".join(lines) + process.stdout.read())
    check_harmless(process.stderr.read())


def test_the_dashboard_draws_none_of_it(hostile: tuple[World, Victims], tmp_path: Path) -> None:
    _, victims = hostile
    machine = Machine(tmp_path / "home")
    machine.environment |= victims.environment | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with Terminal(machine, columns=160, lines=45) as terminal:
        terminal.until(lambda text: "events" in text and "OWNED" in text)
        pages = ["\x1b[6~"] * 8
        for keys in (
            *"1234",
            "j",
            "\r",
            *"jjjjjjk",
            "\x1b",
            *pages,
            "/OWNED\r",
            "\r",
            "j",
            "\x1b",
            "\x1b",
            "?",
            "\x1b",
            "O",
            "j",
            "\r",
            "\x1b",
            "h",
            "\x1b[6~",
            "\x1b",
            *"xomMeEtvai!",
            "f",
            *("5", "\t", "\x1b[B", "\x1b", "p", *"OWN", "\x1b", "P", *"cus", "\x1b", "sOWNED\r", *"nNcc", "\x1b"),
            *("/actor:\t\t", "\x1b", "/target:\t", "\x1b", "TzTzTz", "\x0c"),
            "y",
            "\x10",
            *"OWN",
            "\x1b",
        ):
            terminal.press(keys)
            read_for(terminal, 0.1)
        terminal.process.terminate()
        assert terminal.ended() == 0
        check_harmless(terminal.raw, own_sequences=True)


def test_the_log_file_is_harmless_and_private(hostile: tuple[World, Victims]) -> None:
    _, victims = hostile
    for file in (victims.folder / ".local/state").rglob("*.log*"):
        check_harmless(file.read_bytes())
        assert file.stat().st_mode & 0o077 == 0
