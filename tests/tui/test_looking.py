"""Looking for something again and again."""

from __future__ import annotations

import asyncio

import pytest

from dezky_audit_tui.tui.looking import until


class Watched:
    """Holds from the `good`th look on."""

    def __init__(self, good: int) -> None:
        self.good, self.looks = good, 0
        self.seen = asyncio.Event()

    def __call__(self) -> bool:
        self.looks += 1
        self.seen.set()
        return self.looks >= self.good


@pytest.mark.parametrize(("good", "looks"), [(1, 1), (3, 3), (99, 5)])
async def test_it_looks_until_it_holds_and_so_often_at_most(good: int, looks: int) -> None:
    watched = Watched(good)
    await until(watched, 0.001, 5)
    assert watched.looks == looks


async def test_who_is_cancelled_looks_no_more() -> None:
    watched = Watched(1_000)
    looking = asyncio.create_task(until(watched, 0.001, 1_000))
    await watched.seen.wait()
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    looks = watched.looks
    await asyncio.sleep(0.02)
    assert watched.looks == looks


async def test_a_look_that_fails_is_told_and_waited_for_by_nobody() -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))

    def fails() -> bool:
        raise RuntimeError("broken")

    await asyncio.wait_for(until(fails, 0.001, 1_000), 10)
    assert [str(error) for error in told] == ["broken"]
