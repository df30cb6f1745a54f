"""SQLite: the file itself. Private, told apart from others', readable where it may not be written."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dezky_audit_tui.errors import SettingsError, StoreReadOnly, StoreUnavailable
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.store.lease_owner import make_owner
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.sqlite import schema
from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.store.houses import SqliteHouse
from tests.store.samples import AUTHENTIK, event, ids, put

_NOBODY = 65_534


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may write everywhere: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def reading_only(folder: Path) -> Iterator[None]:
    """The folder may not be written for a while, by whoever this is."""
    allow(folder, 0o555)
    with without_privileges():
        yield
    allow(folder, 0o755)


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A folder that somebody else may read."""
    folder = Path(tempfile.mkdtemp(prefix="audit-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def allow(path: Path, mode: int) -> None:
    path.chmod(mode)


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: mode_of(path) for path in folder.iterdir()}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def made(folder: Path, *numbers: int) -> Path:
    """A store with some events, closed."""
    house = SqliteHouse(folder)
    store = await house.enter()
    await put(store, *(event(number) for number in numbers))
    await store.close()
    return house.path


async def refusal(path: Path) -> str:
    store = SqliteStore(path)
    with pytest.raises(StoreUnavailable) as raised:
        await store.open()
    await store.close()
    message = raised.value.message
    assert str(path.parent) in message
    assert "\n" not in message
    return message


async def test_only_the_owner_can_read_what_it_makes(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store = SqliteStore(tmp_path / "data" / "audit.db")
        await store.open()
        await put(store, event(1))
        assert mode_of(tmp_path / "data") == 0o700
        assert modes_in(tmp_path / "data") == {"audit.db": 0o600, "audit.db-wal": 0o600, "audit.db-shm": 0o600}
    finally:
        os.umask(old)
        await store.close()


async def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    allow(tmp_path, 0o755)
    await made(tmp_path, 1)
    assert mode_of(tmp_path) == 0o755


async def test_a_file_that_others_can_read_is_told_and_left(tmp_path: Path) -> None:
    path = await made(tmp_path, 1)
    allow(path, 0o640)
    store = SqliteStore(path)
    await store.open()
    [finding] = [finding for finding in await store.check() if not finding.ok]
    assert f"chmod 600 {path}" in finding.remedy
    assert mode_of(path) == 0o640
    await store.close()


async def test_after_a_clean_end_one_file_holds_everything(tmp_path: Path) -> None:
    path = await made(tmp_path, 1, 2)
    assert list(modes_in(tmp_path)) == ["audit.db"]
    store = SqliteStore(path)
    await store.open()
    assert await ids(store, "") == ["id-2", "id-1"]
    assert store.name == "sqlite audit.db"
    await store.close()
    await store.close()


async def test_a_folder_that_does_not_exist_is_not_guessed_at(tmp_path: Path) -> None:
    message = await refusal(tmp_path / "no" / "such" / "audit.db")
    assert "there is no directory" in message
    assert modes_in(tmp_path) == {}


async def test_in_ones_own_home_the_folders_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    store = SqliteStore(tmp_path / ".local" / "share" / "dezky-audit-tui" / "audit.db")
    await store.open()
    await store.close()
    assert mode_of(tmp_path / ".local" / "share" / "dezky-audit-tui") == 0o700


async def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "audit.db").mkdir()
    assert "is not a file" in await refusal(tmp_path / "audit.db")


async def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert "directory" in await refusal(tmp_path / "data" / "audit.db")


async def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    assert "too long" in await refusal(tmp_path / ("x" * 300 + ".db"))


async def test_a_file_system_that_may_only_be_read_holds_no_new_file() -> None:
    assert "/proc" in await refusal(Path("/proc/audit.db"))


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    before = path.read_bytes()
    assert "not an SQLite database" in await refusal(path)
    assert path.read_bytes() == before


async def test_a_damaged_database(tmp_path: Path) -> None:
    path = await made(tmp_path, *range(300))
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    store = SqliteStore(path)
    with pytest.raises(StoreUnavailable, match="is damaged"):
        await store.open()
    await store.close()


async def test_damage_within_is_found_by_the_check(tmp_path: Path) -> None:
    path = await made(tmp_path, *range(300))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = bytes(4096)
    path.write_bytes(content)
    store = SqliteStore(path)
    await store.open()
    [finding] = [finding for finding in await store.check() if not finding.ok]
    assert finding.name == "store pages"
    assert "backup" in finding.remedy
    await store.close()


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE events (mine TEXT)")
    connection.close()
    before = path.read_bytes()
    assert "another program's database" in await refusal(path)
    assert path.read_bytes() == before


async def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = await made(tmp_path, 1)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    assert "newer version" in await refusal(path)


async def test_an_older_schema_is_brought_up_to_date_in_one_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await made(tmp_path, 1)
    broken = (*schema.MIGRATIONS, ("CREATE TABLE notes (text TEXT)", "no statement"))
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    monkeypatch.setattr(schema, "VERSION", len(broken))
    await refusal(path)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS[:-1], ("CREATE TABLE notes (text TEXT)",)))
    store = SqliteStore(path)
    await store.open()
    assert await ids(store, "") == ["id-1"]
    await store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    connection.close()


async def test_an_index_that_is_missing_is_made_again(tmp_path: Path) -> None:
    path = await made(tmp_path, 1)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP INDEX events_tenant")
    connection.close()
    store = SqliteStore(path)
    await store.open()
    assert await ids(store, "tenant:acme") == ["id-1"]
    assert all(finding.ok for finding in await store.check())
    await store.close()


async def test_two_programs_may_start_on_a_new_file_at_the_same_moment(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / "audit.db") for _ in range(6)]
    await asyncio.gather(*(store.open() for store in stores))
    await put(stores[0], event(1))
    assert [await ids(store, "") for store in stores] == [["id-1"]] * 6
    await asyncio.gather(*(store.close() for store in stores))


@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o777), (0o666, 0o555), (0o444, 0o555)])
async def test_what_may_not_be_written_can_be_read(public_path: Path, file: int, folder: int) -> None:
    path = await made(public_path, 1, 2)
    allow(path, file)
    allow(public_path, folder)
    with without_privileges():
        store = SqliteStore(path)
        await store.open()
        assert store.read_only is not None
        assert str(path.parent) in store.read_only
        assert await ids(store, "tenant:acme") == ["id-2", "id-1"]
        assert (await store.state(AUTHENTIK)).rev == 1
        assert (await (await store.follow()).poll()).rows == ()
        with pytest.raises(StoreReadOnly, match="no permission"):
            await store.acquire_lease(AUTHENTIK, make_owner(), 30)
        with pytest.raises(StoreReadOnly):
            await store.request_force(AUTHENTIK)
        [finding] = [finding for finding in await store.check() if finding.name == "store"]
        assert not finding.ok
        await store.close()


async def test_one_who_may_only_read_sees_what_is_written_meanwhile(public_path: Path) -> None:
    house = SqliteHouse(public_path)
    writer = await house.enter()
    await put(writer, event(1))
    for path in (house.path, *(house.path.with_name(f"audit.db-{end}") for end in ("wal", "shm"))):
        allow(path, 0o644)
    allow(public_path, 0o755)
    with reading_only(public_path):
        reader = SqliteStore(house.path)
        await reader.open()
        assert reader.read_only is not None
        follower = await reader.follow()
    await put(writer, event(2))
    with reading_only(public_path):
        assert [row.event.external_id for row in (await follower.poll()).rows] == ["id-2"]
        assert await ids(reader, "") == ["id-2", "id-1"]
        await reader.close()
    await writer.close()


async def test_a_log_that_was_left_behind_and_cannot_be_read_is_told(public_path: Path, tmp_path: Path) -> None:
    house = SqliteHouse(tmp_path)
    writer = await house.enter()
    await put(writer, event(1))
    await writer.close()
    writer = await house.enter()
    await put(writer, event(2))
    for end in ("", "-wal"):
        shutil.copy(f"{house.path}{end}", public_path / f"audit.db{end}")
        allow(public_path / f"audit.db{end}", 0o444)
    await writer.close()
    with reading_only(public_path):
        store = SqliteStore(public_path / "audit.db")
        await store.open()
        found = await ids(store, "")
        assert store.read_only is not None
        assert found == ["id-2", "id-1"] or (found == ["id-1"] and "since the last clean end" in store.read_only)
        await store.close()


async def test_what_may_not_even_be_read(public_path: Path) -> None:
    path = await made(public_path, 1)
    allow(path, 0o000)
    with without_privileges():
        assert "no permission to read" in await refusal(path)


async def test_a_folder_where_nothing_may_be_made(public_path: Path) -> None:
    allow(public_path, 0o555)
    with without_privileges():
        assert "Permission denied" in await refusal(public_path / "audit.db")


@pytest.mark.parametrize("method", ["open", "counts", "state"])
async def test_a_closed_store_says_so(tmp_path: Path, method: str) -> None:
    store = SqliteStore(tmp_path / "audit.db")
    await store.open()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await getattr(store, method)(*(["authentik"] if method == "state" else []))


async def test_a_home_that_does_not_exist() -> None:
    with pytest.raises(SettingsError, match="home directory ~no-such-user is"):
        open_store("sqlite:///~no-such-user/audit.db")


@pytest.mark.parametrize(
    "url",
    ["", "audit.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///data/", "postgres://u:secret@h/d"],
)
async def test_a_url_that_names_no_store_is_told_without_what_could_be_a_secret(url: str) -> None:
    with pytest.raises(SettingsError, match="AUDIT_STORE") as raised:
        open_store(url)
    assert "secret" not in raised.value.message


async def test_a_path_may_hold_what_a_url_would_read_as_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "a b?mode=memory#%41"
    folder.mkdir()
    store = open_store(f"sqlite:///{folder}/audit.db")
    await store.open()
    await put(store, event(1))
    await store.close()
    assert list(modes_in(folder)) == ["audit.db"]


@pytest.mark.parametrize("every", [3, 7, 50, 333])
@pytest.mark.parametrize("first_page", [1, 2, 5])
async def test_damage_of_any_kind_is_told_as_damage(tmp_path: Path, every: int, first_page: int) -> None:
    path = await made(tmp_path, *range(300))
    content = bytearray(path.read_bytes())
    for place in range(first_page * 4096, len(content), every):
        content[place] = 0xAA
    path.write_bytes(content)
    store = SqliteStore(path)
    try:
        await store.open()
        await store.acquire_lease("authentik", "somebody", 30.0)
        await store.state("authentik")
        await store.older(EVERYTHING, None, 300)
        await store.counts()
    except StoreUnavailable as error:
        assert "is damaged" in error.message  # noqa: PT017 - some damage hits nothing that is read
    finally:
        await store.close()


async def test_a_state_that_was_cut_is_damage(tmp_path: Path) -> None:
    path = await made(tmp_path, 1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE pulls SET state = '{\"source\": '")
    store = SqliteStore(path)
    await store.open()
    with pytest.raises(StoreUnavailable, match="is damaged"):
        await store.state("authentik")
    await store.close()


async def test_the_stamp_of_a_follower_changes_with_every_commit_and_at_no_other_time(tmp_path: Path) -> None:
    store, other = SqliteStore(tmp_path / "audit.db"), SqliteStore(tmp_path / "audit.db")
    await store.open()
    await other.open()
    follower = await store.follow()
    stamps = [follower.stamp()]
    for number in range(3):
        assert follower.stamp() == stamps[-1]
        await put(other, event(number))
        await follower.poll()
        stamps.append(follower.stamp())
    assert len(set(stamps)) == 4
    await store.close()
    await other.close()
