"""A planted marker is looked for in everything that the program prints, writes, shows and tells of itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pymongo import MongoClient

from dezky_audit_tui.model.instants import now
from tests.cli.conftest import Machine
from tests.cli.terminal import Terminal
from tests.faults.screens import read_for
from tests.faults.victims import Ended, Victims
from tests.faults.world import World, login
from tests.store.mongo_server import GUARDED, ROOT, ROOT_PASSWORD, new_database

TOKEN = "T0k3nMARKERt0k3nMARKERt0k3n"
PASSWORD = "P4ssMARKERp4ss"
MAIL = "MailBodyMARKER https://auth.example.test/recovery/use-token/R3coveryMARKERr3covery/?x=1"
CODE = "C0deMARKERc0de1234567890"
STATE = "St4teMARKERst4te0987654321"
MARK = b"MARKER"


@pytest.fixture
def planted(victims: Victims) -> Victims:
    """A source whose token and whose events hold the marker."""
    return victims


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("tests.faults.world.TOKEN", TOKEN)
    with World(40) as world:
        at = now() - timedelta(seconds=3)
        request = {
            "request_id": "r1",
            "path": f"/if/flow/{CODE}/",
            "args": {"code": CODE, "state": STATE, "next": MAIL},
        }
        for action, context in (
            (
                "email_sent",
                {"subject": "Reset", "to_email": "Ana <ana@example.test>", "body": MAIL, "message": MAIL.split()[1]},
            ),
            ("login", {"http_request": request, "auth_method_args": {"password": PASSWORD, "api_key": TOKEN}}),
            ("authorize_application", {"http_request": request, "flow": CODE, "client_secret": PASSWORD}),
            ("custom_note", {"message": f"password={PASSWORD} Bearer {TOKEN}", "cookie": CODE, "url": MAIL.split()[1]}),
            ("policy_exception", {"message": f"error: token='{TOKEN}'", "request": {"http_request": request}}),
            ("user_write", {"password": PASSWORD, "http_request": request, "recovery_link": MAIL}),
        ):
            made = login(at, action=action, context=context)
            world.log.add(made)
            world.ever.add(made["pk"])
        broken = login(at, context={"password": PASSWORD}) | {"created": None, "code": CODE}
        world.add_unreadable(broken)
        yield world


def check_clean(ended: Ended) -> None:
    assert MARK.decode() not in ended.out
    assert MARK.decode() not in ended.err


def check_refused(ended: Ended) -> None:
    assert ended.code == 1
    assert "refuses the user or the password" in ended.out + ended.err
    check_clean(ended)


def check_files(folder: Path) -> None:
    """No file holds the marker, however it lies there."""
    for file in folder.rglob("*"):
        if file.is_file():
            assert MARK not in file.read_bytes(), file
            assert MARK not in file.read_bytes().replace(b"\0", b""), file


COMMANDS = [
    ["tick", "--json"],
    ["tick", "--until-caught-up"],
    ["timeline", "--limit", "all", "--format", "jsonl"],
    ["timeline", "--limit", "all", "--format", "csv"],
    ["timeline", "--limit", "all"],
    ["status", "--json"],
    ["actions", "--json"],
    ["tenants", "--json"],
    ["quarantine"],
    ["quarantine", "--json"],
    ["reconcile"],
    ["reconcile", "--since", "900d", "--json"],
    ["findings", "--json"],
    ["handover"],
    ["handover", "--json"],
    ["doctor"],
    ["doctor", "--json"],
]


def test_no_command_and_no_file_holds_a_secret(planted: Victims, world: World) -> None:
    for command in COMMANDS:
        ended = planted.run(*command)
        assert ended.code in (0, 1), ended.err
        check_clean(ended)
    check_files(planted.folder)


def test_with_a_password_for_mongodb_nothing_holds_a_secret_either(planted: Victims, world: World) -> None:
    url = new_database(GUARDED)
    as_root = url.replace("mongodb://", f"mongodb://{ROOT}:{quote(ROOT_PASSWORD, safe='')}@") + "?authSource=admin"
    with MongoClient[dict[str, Any]](as_root) as client:
        database = client.get_default_database()
        role = {"role": "readWrite", "db": database.name}
        database.command("createUser", "audit", pwd=PASSWORD, roles=[role])
        uri = url.replace("mongodb://", f"mongodb://audit:{PASSWORD}@") + f"?authSource={database.name}"
        planted.environment["AUDIT_STORE"] = uri
        for command in COMMANDS:
            ended = planted.run(*command)
            assert ended.code in (0, 1), ended.err
            check_clean(ended)
        assert database.auditevents.count_documents({}) == len(world.ever)
        for name in database.list_collection_names():
            for document in database[name].find():
                assert MARK.decode() not in repr(document), name
        with planted.spawn("ingest") as process:
            asked = world.server.requests.count()
            while world.server.requests.count() == asked:
                time.sleep(0.01)
            assert MARK not in (Path("/proc") / str(process.pid) / "cmdline").read_bytes()
            process.terminate()
            assert MARK.decode() not in "".join(process.communicate(timeout=120))
        # It is not taken any more: what the server says of it names the user.
        database.command("updateUser", "audit", pwd="another")
        for command in (["tick", "--json"], ["status"], ["timeline"], ["doctor", "--json"]):
            check_refused(planted.run(*command))
        planted.environment |= {"AUDIT_STORE": f"sqlite:///{planted.folder}/audit.db", "AUDIT_COPY_TO": uri}
        assert planted.run("tick").code == 0
        check_refused(planted.run("copy", "--json"))
    check_files(planted.folder)


@pytest.mark.parametrize("fault", ["redirect", "reset", "truncated"])
def test_no_failure_tells_the_token(planted: Victims, world: World, fault: str) -> None:
    world.server.faults.set(fault, count=None)  # type: ignore[arg-type]  # a literal
    for command in (["tick"], ["tick", "--json"], ["doctor", "--json"]):
        check_clean(planted.run(*command))
    check_files(planted.folder)


@pytest.mark.parametrize(
    "place",
    [
        "dezky_audit_tui.sources.authentik.client:AuthentikClient.events_page",
        "dezky_audit_tui.store.sqlite.store:SqliteStore.commit",
        "dezky_audit_tui.store.sqlite.store:SqliteStore.open",
    ],
)
def test_an_error_nobody_thought_of_tells_no_secret_either(planted: Victims, place: str) -> None:
    ended = planted.run("tick", explode={"place": place, "words": f"it went wrong with {TOKEN} and "})
    assert ended.code == 1
    assert "unexpected RuntimeError" in ended.err
    check_clean(ended)
    logs = list((planted.folder / ".local/state").rglob("*.log"))
    assert any("it went wrong with ***" in log.read_text() for log in logs)
    check_files(planted.folder)


@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://audit:{PASSWORD}@127.0.0.1:1/db?serverSelectionTimeoutMS=300",
        f"mongodb://audit:{PASSWORD}@127.0.0.1:1/db?nonsense=1&serverSelectionTimeoutMS=300",
        f"mongodb://audit:{PASSWORD}%ZZ@127.0.0.1:1/db",
        f"mongodb://audit:{PASSWORD}@@/db",
        f"mongodb+srv://audit:{PASSWORD}@nowhere.invalid/db?serverSelectionTimeoutMS=300",
        f"postgres://audit:{PASSWORD}@127.0.0.1/db",
        f"sqlite://audit:{PASSWORD}@host/x",
    ],
)
def test_a_stores_password_is_never_told(planted: Victims, uri: str) -> None:
    planted.environment["AUDIT_STORE"] = uri
    for command in (["tick", "--json"], ["doctor", "--json"]):
        ended = planted.run(*command)
        assert ended.code in (1, 2)
        check_clean(ended)
    check_files(planted.folder)
    del planted.environment["AUDIT_STORE"]
    ended = planted.run("--store", uri, "status")
    assert ended.code == 2
    check_clean(ended)


def test_other_users_see_no_secret_in_the_list_of_processes(planted: Victims, world: World) -> None:
    process = planted.spawn("ingest")
    asked = world.server.requests.count()
    while world.server.requests.count() == asked:
        time.sleep(0.01)
    for thread in (Path("/proc") / str(process.pid) / "task").iterdir():
        for name in ("cmdline", "comm"):
            assert MARK not in (thread / name).read_bytes()
    process.terminate()
    out, err = process.communicate(timeout=120)
    assert MARK.decode() not in out + err


def test_the_dashboard_shows_no_secret(planted: Victims, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "home")
    machine.environment |= planted.environment
    with Terminal(machine) as terminal:
        terminal.until(lambda text: "events" in text and "email" in text)
        for keys in ("1", "\r", *"jjjjjj", "\x1b"):
            terminal.press(keys)
            read_for(terminal, 0.2)
        terminal.process.terminate()
        assert terminal.ended() == 0
        assert MARK not in terminal.raw
    check_files(machine.home)


@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_what_the_program_makes_is_its_owners_alone(planted: Victims, umask: int) -> None:
    place = "dezky_audit_tui.store.sqlite.store:SqliteStore.commit"
    planted.run("tick", umask=umask, explode={"place": place, "words": "so that there is a log"})
    planted.run("tick", "--until-caught-up", umask=umask)
    made = [path for path in planted.folder.rglob("*") if path.name not in ("out", "err")]
    assert {path.suffix for path in made if path.is_file()} >= {".db", ".log"}
    for path in made:
        mode = path.stat().st_mode & 0o777
        own = path.is_file() or path.name == "dezky-audit-tui"
        assert not own or mode & 0o077 == 0, f"{path} {mode:o}"
