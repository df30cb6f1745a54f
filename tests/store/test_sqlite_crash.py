"""SQLite: a program that is killed at any moment leaves whole commits, and the next one goes on."""

from __future__ import annotations

from pathlib import Path

from tests.store import programs
from tests.store.houses import SqliteHouse
from tests.store.other_program import BATCH
from tests.store.samples import AUTHENTIK, query, walk_down


async def test_killed_in_the_middle_of_commits_it_leaves_rows_counters_and_cursor_in_step(tmp_path: Path) -> None:
    house = SqliteHouse(tmp_path)
    seen = -1
    for lines in (1, 5, 23):
        program = await programs.start(house.url, "commit", "100000")
        for _ in range(lines):
            seen = max(seen, int(await programs.line(program)))
        program.kill()
        await program.wait()

        store = await house.enter()
        state = await store.state(AUTHENTIK)
        assert state.cursor is not None
        last = int(state.cursor.pk.removeprefix("id-"))
        rows = await walk_down(store, "", 500)
        assert [row.event.external_id for row in rows] == [f"id-{number}" for number in range(last, -1, -1)]
        assert last >= seen + BATCH - 1, "what was told as committed is there"
        assert (last + 1) % BATCH == 0
        assert state.rev == len(rows) // BATCH
        assert await store.counts() == {AUTHENTIK: len(rows)}
        assert await store.count(query("verb:login")) == len(rows)
        assert all(finding.ok for finding in await store.check())
        await store.close()
