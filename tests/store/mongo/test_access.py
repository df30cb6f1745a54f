"""Users with fewer rights, servers that are not there, and that no message shows a secret."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure

from dezky_audit_tui.errors import AuditError, SettingsError, StoreReadOnly, StoreUnavailable
from dezky_audit_tui.model.event import Position, TenantWhy
from dezky_audit_tui.model.finding import finding_of
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.lease_owner import make_owner
from dezky_audit_tui.store.mongo.base import TENANTS
from dezky_audit_tui.store.mongo.schema import COLLECTIONS
from dezky_audit_tui.store.mongo.store import MongoStore
from dezky_audit_tui.store.store import Lease, Store
from tests.store.mongo_server import GUARDED, ROOT, ROOT_PASSWORD, new_database
from tests.store.samples import AUTHENTIK, NOON, event, failed_lookup, ids, put, take_lease

Platform = Database[dict[str, Any]]
PASSWORD = "s3cr?t/wörd"


def with_user(url: str, user: str, password: str, source: str) -> str:
    return url.replace("mongodb://", f"mongodb://{quote(user)}:{quote(password, safe='')}@") + f"?authSource={source}"


@pytest.fixture
def guarded() -> Iterator[tuple[str, Platform]]:
    """The URL of a new database on a server that asks for a password, and the database as its root sees it."""
    url = new_database(GUARDED)
    with MongoClient[dict[str, Any]](with_user(url, ROOT, ROOT_PASSWORD, "admin"), tz_aware=True) as client:
        platform = client.get_default_database()
        for user, role in (("reader", "read"), ("writer", "readWrite")):
            platform.command("createUser", user, pwd=PASSWORD, roles=[{"role": role, "db": platform.name}])
        yield url, platform


async def opened(url: str, user: str, platform: Platform) -> Store:
    store = MongoStore(with_user(url, user, PASSWORD, platform.name))
    await store.open()
    return store


async def test_who_may_only_read_reads_everything_and_is_told_why_nothing_is_written(
    guarded: tuple[str, Platform],
) -> None:
    url, platform = guarded
    writer = await opened(url, "writer", platform)
    assert writer.read_only is None
    await put(writer, event(1))
    await writer.save_tick(TickReport(AUTHENTIK, "timer", NOON))

    reader = await opened(url, "reader", platform)
    why = reader.read_only
    assert why is not None
    assert "may not write" in why
    assert await ids(reader, "") == ["id-1"]
    assert await ids(reader, "actor:ana*") == ["id-1"]
    assert await reader.count(EVERYTHING) == 1
    assert await reader.counts() == {AUTHENTIK: 1}
    assert len(await reader.action_counts()) == 1
    assert (await reader.tenant_counts()).tenants == {"acme": 1}
    assert await reader.tenants() == frozenset()
    status = await reader.status(AUTHENTIK)
    assert (status.state.rev, status.lease) == (1, None)
    assert status.last_tick is not None
    assert await reader.quarantined(5) == []
    follower = await reader.follow()
    await put(writer, event(2))
    assert [row.event.external_id for row in (await follower.poll()).rows] == ["id-2"]
    await follower.close()
    [told] = [finding for finding in await reader.check() if finding.name == "store"]
    assert not told.ok
    assert "readWrite" in told.remedy

    lease = Lease(AUTHENTIK, make_owner(), 1, NOON)
    for write in (
        reader.commit((event(3),), (), await reader.state(AUTHENTIK), lease),
        reader.resolve({}, lease),
        reader.save_tick(TickReport(AUTHENTIK, "timer", NOON)),
        reader.acquire_lease(AUTHENTIK, make_owner(), 30),
        reader.renew_lease(lease, 30),
        reader.release_lease(lease),
        reader.request_force(AUTHENTIK),
        reader.take_force(AUTHENTIK, lease),
        reader.request_lease(AUTHENTIK, lease.owner),
        reader.withdraw_request(AUTHENTIK, lease.owner),
        reader.pass_lease(lease, 30),
        reader.note([], lease),
    ):
        with pytest.raises(StoreReadOnly, match="may not write"):
            await write
    await reader.close()
    await writer.close()


async def test_who_may_not_make_indexes_is_told_and_goes_on(guarded: tuple[str, Platform]) -> None:
    url, platform = guarded
    actions = ["find", "insert", "update", "listIndexes", "listCollections", "collStats"]
    platform.command(
        "createRole",
        "narrow",
        privileges=[{"resource": {"db": platform.name, "collection": ""}, "actions": actions}],
        roles=[],
    )
    platform.command("createUser", "narrow", pwd=PASSWORD, roles=[{"role": "narrow", "db": platform.name}])
    store = await opened(url, "narrow", platform)
    assert store.read_only is None
    await put(store, event(1), event(2))
    assert (await put(store, event(2), event(3))).duplicates == 1
    follower = await store.follow()
    await put(store, event(4))
    assert [row.event.external_id for row in (await follower.poll()).rows] == ["id-4"]
    missing = [finding.message for finding in await store.check() if finding.name == "store indexes"]
    assert "may not make indexes" in missing[0]
    await store.close()


def role_of_readme(name: str, database: str) -> dict[str, Any]:
    """The role as the README has it to copy, for another database."""
    text = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(f"<!-- role: {name} -->")
    _, _, rest = rest.partition("db.createRole(")
    role: dict[str, Any] = json.loads(rest.partition("})")[0].replace('"dezky"', json.dumps(database)) + "}")
    return role


def give_role(platform: Platform, name: str) -> None:
    role = role_of_readme(name, platform.name)
    platform.command("createRole", role["role"], privileges=role["privileges"], roles=role["roles"])
    platform.command("createUser", name, pwd=PASSWORD, roles=[{"role": role["role"], "db": platform.name}])


@pytest.mark.parametrize("name", ["ingest", "watch"])
def test_the_roles_of_the_readme_name_every_collection_and_index(name: str) -> None:
    privileges = {each["resource"]["collection"]: each["actions"] for each in role_of_readme(name, "db")["privileges"]}
    assert set(privileges) == {*COLLECTIONS, TENANTS}
    for collection, actions in privileges.items():
        assert "find" in actions
        assert ("createIndex" in actions) == (name == "ingest" and collection != TENANTS)


async def test_the_roles_of_the_readme_are_enough_and_give_no_more(guarded: tuple[str, Platform]) -> None:
    url, platform = guarded
    platform.tenants.insert_one({"slug": "acme"})
    for name in ("ingest", "watch"):
        give_role(platform, name)
    ingest = await opened(url, "ingest", platform)
    assert ingest.read_only is None
    aside = SetAside(AUTHENTIK, "k", "no moment", NOON)
    lease = await take_lease(ingest)
    await ingest.commit((event(1), failed_lookup(2)), (aside,), await ingest.state(AUTHENTIK), lease)
    [row] = await ingest.unresolved(AUTHENTIK, 5)
    await ingest.resolve({row.position: Resolution("acme", TenantWhy("matched", "7", ("acme",)))}, lease)
    await ingest.save_tick(TickReport(AUTHENTIK, "timer", NOON))
    await ingest.request_force(AUTHENTIK)
    assert await ingest.take_force(AUTHENTIK, lease)
    await ingest.request_lease(AUTHENTIK, make_owner())
    await ingest.note([finding_of(event(1), "missing", NOON)], lease)
    assert [finding.message for finding in await ingest.check() if not finding.ok] == []

    watch = await opened(url, "watch", platform)
    assert watch.read_only is not None
    assert [each.external_id for each in await watch.findings(5)] == ["id-1"]
    for store in (ingest, watch):
        follower = await store.follow()
        await put(ingest, event(3 if store is ingest else 4), lease=lease)
        assert len((await follower.poll()).rows) == 1
        await follower.close()
        assert await store.tenants() == {"acme"}
        assert (await store.tenant_counts()).no_list is None
        assert await ids(store, "tenant:acme since:2026-11-24 word") == []
        assert len(await ids(store, "")) == (3 if store is ingest else 4)
        assert (await store.status(AUTHENTIK)).last_tick is not None
        assert await store.quarantined(5) == [aside]
    assert [finding.name for finding in await watch.check() if not finding.ok] == ["store"]
    await ingest.release_lease(lease)

    # The test's server asks for an action anywhere in the database, not on the one collection.
    for user in ("ingest", "watch"):
        with MongoClient[dict[str, Any]](with_user(url, user, PASSWORD, platform.name)) as client:
            own = client.get_default_database()
            for forbidden in (own.auditevents.drop, lambda own=own: own.auditevents.delete_many({})):
                with pytest.raises(OperationFailure):
                    forbidden()
    for store in (ingest, watch):
        await store.close()


@pytest.mark.parametrize("user", ["reader", "nobody", None])
async def test_a_wrong_password_an_unknown_user_and_none_at_all_are_told_plainly(
    guarded: tuple[str, Platform], user: str | None
) -> None:
    url, platform = guarded
    store = MongoStore(with_user(url, user, "wrong-passw0rd", platform.name) if user else url)
    with pytest.raises(StoreUnavailable) as told:
        await store.open()
    assert ("refuses the user or the password" if user else "may not read") in told.value.message
    assert_no_secret(told.value, "wrong-passw0rd", "nobody")
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.get(Position(0, 1))


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mongodb://ops:hunter2@127.0.0.1:{port}/audit?serverSelectionTimeoutMS=300", "does not answer"),
        ("mongodb://ops:hunter2@no-such-host.invalid/audit?serverSelectionTimeoutMS=300", "is not known"),
        ("mongodb://ops:hunter2@127.0.0.1:{port}/audit?tls=maybe", "an option"),
        ("mongodb://ops:hunter2@127.0.0.1:{port}/audit?authMechanism=NONE", "an option"),
        ("mongodb://ops:hunter2@127.0.0.1:{port}/audit?tls=true&tlsCAFile=/no/such/file", "a file"),
    ],
)
async def test_a_server_that_cannot_be_reached_is_told_without_a_secret(
    url: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "dezky_audit_tui")
    store = MongoStore(url.format(port=closed_port()))
    assert "hunter2" not in store.name + repr(store)
    with pytest.raises(StoreUnavailable, match=said) as told:
        await store.open()
    assert_no_secret(told.value, "hunter2", "ops:")
    assert "hunter2" not in caplog.text
    await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://ops:hunter2/x@db.example/audit",
        "mongodb://ops:hunter2@/audit",
        "mongodb://ops:hunter2@db/",
        "mongodb://ops:hunter2/audit",
        "mongodb://ops:hunter2@db:99999/audit",
        "mongodb://ops:hunter2@db,[::1]:0/audit",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_a_secret(url: str) -> None:
    with pytest.raises(SettingsError) as told:
        MongoStore(url)
    assert_no_secret(told.value, "hunter2", "ops")


def test_the_name_tells_host_and_database_alone() -> None:
    names = {
        "mongodb://u:p@db.example/audit?tls=true": "mongodb db.example/audit",
        "mongodb://a:1,b:2,c:3/audit?replicaSet=rs": "mongodb a:1 and 2 more/audit",
        "mongodb+srv://u:p%40@cluster.example/audit": "mongodb cluster.example/audit",
    }
    assert {url: MongoStore(url).name for url in names} == names


def assert_no_secret(error: AuditError, *secrets: str) -> None:
    shown = "".join(traceback.format_exception(error)) + repr(error)
    assert not [secret for secret in secrets if secret in _without_source(shown)]


def _without_source(shown: str) -> str:
    """A traceback quotes the lines of this file too, which name the secrets."""
    return "\n".join(line for line in shown.splitlines() if not line.startswith("    "))
