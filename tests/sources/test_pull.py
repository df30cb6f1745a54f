"""The pull over random lives of the log: nothing lost, and it comes to rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.model.cursor import Mark, PullState
from dezky_audit_tui.model.holes import is_overdue
from dezky_audit_tui.sources.source import Budget
from tests.sources.lives import OVERLAP, START, FakePage, Keeper, Life, wanted

SECOND = timedelta(seconds=1)


def filled(count: int, *, over: timedelta, clamp: int = 100) -> Life:
    """A log with `count` events spread evenly over the time before START."""
    life = Life(clamp=clamp, now=START - over)
    for number in range(count):
        life.now = START - over + over * (number + 1) / count
        life.commit(life.now)
    life.now = START + SECOND
    return life


async def test_the_newest_come_first_and_history_fills_behind_within_the_budget() -> None:
    life = filled(60_000, over=timedelta(days=30))
    keeper = Keeper(life, Budget())
    await keeper.tick()
    assert life.requests <= 10
    assert life.keys[-1][1] in keeper.stored
    assert len(keeper.state.unread) == 1
    await keeper.until_caught_up()
    assert keeper.stored == wanted(life)
    assert life.requests < 60_000 / 100 * 1.2, "a page brings some 88 new rows of its 100"


async def test_a_quiet_tick_costs_one_request() -> None:
    life = filled(5_000, over=timedelta(days=3))
    keeper = Keeper(life, Budget())
    await keeper.until_caught_up()
    for _ in range(30):
        life.now += 60 * SECOND
        before = life.requests
        await keeper.tick()
        assert life.requests - before == 1
    assert keeper.state.holes == ()


async def test_a_quiet_tick_costs_one_request_soon_after_a_burst() -> None:
    life = filled(200, over=timedelta(days=3))
    keeper = Keeper(life, Budget())
    await keeper.until_caught_up()
    for _ in range(3_000):
        life.now += SECOND / 100
        life.commit(life.now)
    await keeper.until_caught_up()
    requests = []
    for _ in range(30):
        life.now += 60 * SECOND
        before = life.requests
        await keeper.tick()
        requests.append(life.requests - before)
    assert sorted(requests)[len(requests) // 2] == 1
    assert sum(requests) < 150
    assert requests[-1] == 1
    assert keeper.state.holes == ()
    assert keeper.stored == wanted(life)


@pytest.mark.parametrize("rate", [0.5, 2, 8])
async def test_a_steady_stream_is_kept_up_with(rate: float) -> None:
    life = filled(2_000, over=timedelta(days=3))
    keeper = Keeper(life, Budget())
    await keeper.until_caught_up()
    start, events, unread = life.requests, 0, 0
    for _ in range(60):
        for _ in range(int(60 * rate)):
            life.now += SECOND / rate
            life.commit(life.now)
            events += 1
        await keeper.tick()
        if is_overdue(keeper.state, OVERLAP):
            await keeper.tick(fill_only=True)
        unread = max(unread, len(keeper.state.unread))
        assert life.keys[-30][1] in keeper.stored
    assert unread == 0
    spent = (life.requests - start) * 100 / events
    assert spent < (8 if rate < 1 else 4), f"each event was asked for {spent:.1f} times"
    for _ in range(30):
        life.now += 60 * SECOND
        await keeper.tick()
    assert keeper.state.holes == ()
    assert keeper.stored == wanted(life)


async def test_many_events_of_one_moment_across_page_borders_are_all_read() -> None:
    life = Life()
    moment = START - SECOND
    for _ in range(700):
        life.commit(moment)
    life.now = START + 2 * SECOND
    keeper = Keeper(life, Budget(max_pages=2))
    await keeper.until_caught_up()
    assert keeper.stored == wanted(life)


@pytest.mark.parametrize("max_pages", [2, 3, 10])
async def test_no_tick_asks_for_more_pages_than_its_budget(max_pages: int) -> None:
    life = filled(1000, over=timedelta(hours=6))
    keeper = Keeper(life, Budget(max_pages=max_pages))
    random = Random(4)
    for _ in range(60):
        for _ in range(60):
            life.now += SECOND
            life.commit(life.now - SECOND * random.random())
        keeper.restart()
        before = life.requests
        assert await keeper.tick() == "ok"
        assert life.requests - before <= max_pages
    await keeper.until_caught_up()
    assert keeper.stored == wanted(life)


async def test_a_late_commit_within_the_overlap_is_found_by_the_next_tick() -> None:
    life = filled(800, over=timedelta(minutes=30))
    keeper = Keeper(life, Budget())
    await keeper.until_caught_up()
    life.now += 60 * SECOND
    await keeper.tick()
    late = life.commit(life.now - timedelta(minutes=9))
    await keeper.tick()
    assert late in keeper.stored


async def test_an_event_later_than_the_overlap_is_found_by_the_daily_walk() -> None:
    life = filled(300, over=timedelta(hours=2))
    keeper = Keeper(life, Budget())
    await keeper.until_caught_up()
    for hour in range(30):
        life.now += timedelta(hours=1)
        for number in range(150):
            life.commit(life.now - number * SECOND)
        if hour == 20:
            late = life.commit(life.now - timedelta(hours=5))
        await keeper.until_caught_up()
    for _ in range(20):
        life.now += 60 * SECOND
        await keeper.tick()
    assert keeper.stored == wanted(life, late_too=True)
    assert keeper.reread > 30, "the last 24 hours were read again, without a break"
    assert keeper.missing == {late}


@pytest.mark.parametrize("days_down", [0, 9])
async def test_what_was_too_young_for_one_daily_walk_is_in_the_next_whenever_that_comes(days_down: int) -> None:
    life = filled(300, over=timedelta(hours=2))
    keeper = Keeper(life, Budget())
    await keeper.until_caught_up()
    walks = [keeper.state.rewalked_at]
    late: set[str] = set()
    for hour in range(53):
        for _ in range(150):
            life.now += 24 * SECOND
            life.commit(life.now)
        walked_at = keeper.state.rewalked_at
        if walked_at not in walks and walked_at is not None and life.now - walked_at > timedelta(hours=2):
            # Too young for that walk, or not there yet; and late by more than the overlap.
            late |= {life.commit(walked_at - age * SECOND) for age in (-1800, 300, 1800)}
            walks.append(walked_at)
        if hour == 40:
            life.now += timedelta(days=days_down)
        await keeper.until_caught_up()
    assert len(late) == 6
    life.now += timedelta(hours=25)
    await keeper.until_caught_up()
    assert keeper.stored == wanted(life, late_too=True)


async def test_the_first_run_reaches_as_far_back_as_it_was_told() -> None:
    life = filled(3_000, over=timedelta(days=30))
    keeper = Keeper(life, Budget(history_days=2))
    await keeper.until_caught_up()
    limit = keeper.state.history_from
    assert limit is not None
    assert keeper.stored == {pk for at, pk in life.keys if at >= limit}
    life.now += 60 * SECOND
    await keeper.tick()
    assert keeper.stored == {pk for at, pk in life.keys if at >= limit}
    life.now += timedelta(days=5)
    await keeper.tick()
    assert keeper.stored == {pk for at, pk in life.keys if at >= limit}


async def test_an_event_from_a_fast_clock_does_not_move_the_cursor_past_the_present() -> None:
    life = filled(300, over=timedelta(hours=2))
    keeper = Keeper(life, Budget())
    life.commit(life.now + timedelta(hours=3))
    await keeper.until_caught_up()
    for _ in range(300):
        life.now += SECOND
        life.commit(life.now)
    life.now += 60 * SECOND
    await keeper.tick()
    assert keeper.stored == wanted(life)


async def test_a_clock_that_goes_back_hides_nothing() -> None:
    life = filled(300, over=timedelta(hours=2))
    keeper = Keeper(life, Budget())
    await keeper.until_caught_up()
    life.now -= timedelta(hours=1)
    for _ in range(120):
        life.now += 30 * SECOND
        life.commit(life.now)
        life.too_late.clear()
        async for step in keeper.pull.steps(keeper.state, keeper.budget):
            keeper.stored |= {row.mark.pk for row in step.rows}
            keeper.state = step.state
    assert keeper.stored == wanted(life)


class Trusting(Keeper):
    """One that does not mind that a clock was set back: what was settled then says nothing of what comes."""

    def _commit(self, marks: list[Mark], state: PullState) -> None:
        self.stored |= {mark.pk for mark in marks}
        self.state = state


async def test_walks_that_are_cut_short_after_the_clock_went_back_leave_a_hole() -> None:
    life = filled(500, over=timedelta(days=1))
    keeper = Trusting(life, Budget(max_pages=2))
    await keeper.until_caught_up()
    life.now -= timedelta(hours=1)
    for _ in range(15):
        for _ in range(300):
            life.now += SECOND / 5
            life.commit(life.now)
        await keeper.tick()
    for _ in range(40):
        await keeper.tick(fill_only=True)
    assert keeper.stored >= {pk for at, pk in life.keys if at < life.now - timedelta(minutes=12)}
    assert keeper.state.unread == ()


async def test_what_came_while_nobody_looked_after_the_clock_went_back_is_found_by_a_new_walk() -> None:
    life = filled(500, over=timedelta(days=1))
    keeper = Trusting(life, Budget())
    await keeper.until_caught_up()
    life.now -= timedelta(hours=2)
    for _ in range(30 * 60):
        life.now += SECOND
        life.commit(life.now)
    for _ in range(20):
        life.now += 60 * SECOND
        await keeper.tick()
    assert keeper.stored == {pk for _, pk in life.keys}
    assert keeper.state.holes == ()


async def test_a_clock_that_was_ahead_for_a_moment_does_not_end_the_daily_walks() -> None:
    life = filled(500, over=timedelta(days=1))
    keeper = Trusting(life, Budget())
    await keeper.until_caught_up()
    life.now += timedelta(days=365)
    await keeper.tick()
    life.now -= timedelta(days=365)
    for hour in range(30):
        for _ in range(120):
            life.now += timedelta(seconds=30)
            life.commit(life.now)
        if hour == 4:
            late = life.commit(life.now - timedelta(hours=3))
        await keeper.tick()
    for _ in range(5):
        life.now += 60 * SECOND
        await keeper.tick()
    assert late in keeper.stored


async def test_deleting_a_users_events_above_the_walk_skips_nothing() -> None:
    life = filled(6_000, over=timedelta(days=3))
    keeper = Keeper(life, Budget())

    def delete_above(request: int) -> None:
        if request % 3 == 0:
            life.delete(slice(len(life.keys) - 40, len(life.keys) - 7))

    life.before_page = delete_above
    await keeper.until_caught_up()
    assert wanted(life) <= keeper.stored


@pytest.mark.parametrize("max_pages", [1, 2, 10])
async def test_a_server_that_clamps_the_page_is_read_whole(max_pages: int) -> None:
    life = filled(2_000, over=timedelta(days=1), clamp=20)
    keeper = Keeper(life, Budget(max_pages=max_pages))
    await keeper.until_caught_up()
    assert keeper.stored == wanted(life)


async def test_a_hole_is_found_again_after_the_list_moved_far() -> None:
    life = filled(20_000, over=timedelta(days=3))
    keeper = Keeper(life, Budget(max_pages=2))
    await keeper.tick()
    life.delete(slice(len(life.keys) - 7_000, len(life.keys) - 150))
    keeper.restart()
    await keeper.until_caught_up()
    assert wanted(life) <= keeper.stored
    assert life.requests < 20_000 / 100 * 1.3


operations = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.integers(1, 40), st.sampled_from([0.0, 0.01, 1.0, 20.0])),
        st.tuples(st.just("late"), st.integers(1, 6), st.floats(1, 590)),
        st.tuples(st.just("too_late"), st.integers(1, 3), st.floats(700, 4000)),
        st.tuples(st.just("future"), st.integers(1, 2), st.floats(1, 4000)),
        st.tuples(st.just("delete_new"), st.integers(1, 30), st.just(0.0)),
        st.tuples(st.just("delete_old"), st.integers(1, 30), st.just(0.0)),
        st.tuples(st.just("delete_user"), st.integers(2, 9), st.just(0.0)),
        st.tuples(st.just("wait"), st.integers(1, 20), st.just(60.0)),
        st.tuples(st.just("wait"), st.integers(1, 40), st.just(3600.0)),
        st.tuples(st.just("tick"), st.integers(0, 6), st.just(0.0)),
        st.tuples(st.just("crash"), st.integers(0, 5), st.just(0.0)),
        st.tuples(st.just("fill"), st.integers(0, 3), st.just(0.0)),
        st.tuples(st.just("fault"), st.integers(1, 6), st.just(0.0)),
        st.tuples(st.just("restart"), st.just(0), st.just(0.0)),
    ),
    max_size=40,
)


@given(
    operations=operations,
    history=st.integers(0, 120),
    page_size=st.integers(2, 12),
    clamp=st.sampled_from([3, 8, 100]),
    max_pages=st.sampled_from([1, 2, 10]),
    seed=st.integers(0, 2**16),
    moving=st.booleans(),
)
async def test_no_life_of_the_log_loses_an_event(
    operations: list[tuple[str, int, float]],
    history: int,
    page_size: int,
    clamp: int,
    max_pages: int,
    seed: int,
    moving: bool,
) -> None:
    random = Random(seed)
    life = filled(history, over=timedelta(hours=6), clamp=clamp) if history else Life()
    life.commit(life.now - SECOND)  # an empty log after a cursor is a failure of its own
    keeper = Keeper(life, Budget(max_pages=max_pages, page_size=page_size))

    def move(request: int) -> None:
        """Between two pages the list moves: rows come and go above, below and within."""
        if not moving or random.random() < 0.5:
            return
        if random.random() < 0.6:
            life.commit(life.now - timedelta(seconds=random.choice([0, 0, 0, 30, 500])))
        elif len(life.keys) > 3:
            place = random.randrange(len(life.keys) - 1)
            life.delete(slice(place, place + random.randint(1, 3)))
        if not life.keys:
            life.commit(life.now)

    life.before_page = move
    for name, number, amount in operations:
        if name == "insert":
            for _ in range(number):
                life.now += timedelta(seconds=amount)
                life.commit(life.now)
        elif name in ("late", "too_late"):
            for _ in range(number):
                life.commit(life.now - timedelta(seconds=amount))
        elif name == "future":
            life.commit(life.now + timedelta(seconds=amount))
        elif name == "delete_new" and len(life.keys) > number:
            life.delete(slice(len(life.keys) - number, None))
        elif name == "delete_old" and len(life.keys) > number:
            life.delete(slice(0, number))
        elif name == "delete_user":
            life.delete(lambda key, number=number: int(key[1], 16) % number == 0)  # type: ignore[misc]
            life.commit(life.now)
        elif name == "wait":
            life.now += timedelta(seconds=number * amount)
        elif name == "tick":
            await keeper.tick()
        elif name == "crash":
            await keeper.tick(crash_after=number)
        elif name == "fill":
            await keeper.tick(fill_only=True)
        elif name == "fault":
            life.failing.add(life.requests + number)
            await keeper.tick()
        elif name == "restart":
            keeper.restart()

    # Everything comes to rest: no more events, no more faults.
    life.before_page = None
    life.failing.clear()
    await keeper.until_caught_up()
    assert wanted(life) <= keeper.stored, "caught up means that late commits were found as well"
    for _ in range(400):
        life.now += 60 * SECOND
        await keeper.tick()
        if not keeper.state.holes and keeper.state.settled_at and keeper.state.settled_at >= life.keys[-1][0]:
            break
    assert keeper.state.holes == ()
    assert wanted(life) <= keeper.stored
    life.now += timedelta(seconds=1)
    await keeper.tick()
    before = life.requests
    await keeper.tick()
    assert life.requests - before == 1, "at rest, a tick is one request"


@pytest.mark.parametrize("max_pages", [1, 10])
async def test_the_first_page_served_again_as_the_last_one_closes_nothing(max_pages: int) -> None:
    class Repeating(Life):
        """Once, the rows of page 1 come under the pagination of the last page."""

        lies = 1

        async def events_page(self, page: int, page_size: int) -> FakePage:
            honest = await super().events_page(page, page_size)
            if page > 1 and not honest.pagination.next and self.lies:
                self.lies -= 1
                rows = (await super().events_page(1, page_size)).rows[: len(honest.rows)]
                return replace(honest, rows=rows)
            return honest

    life = Repeating(now=START - timedelta(hours=5))
    for _ in range(430):
        life.now += timedelta(seconds=40)
        life.commit(life.now)
    life.now += timedelta(seconds=2)
    keeper = Keeper(life, Budget(max_pages=max_pages))
    await keeper.until_caught_up()
    assert life.lies == 0
    assert keeper.stored == wanted(life)
