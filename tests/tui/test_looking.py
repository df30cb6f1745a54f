"""Looking for something again and again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

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


class PipeBell:
    """Rings when something is put into it."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self.heard = 0

    def fileno(self) -> int:
        return self.reader

    def silence(self) -> None:
        self.heard += 1
        os.read(self.reader, 100)

    def ring(self) -> None:
        os.write(self.writer, b"!")


@pytest.fixture
def bell() -> Iterator[PipeBell]:
    made = PipeBell()
    yield made
    os.close(made.reader)
    os.close(made.writer)


async def test_a_bell_calls_for_a_look_long_before_it_is_due(bell: PipeBell) -> None:
    watched = Watched(1)
    looking = asyncio.create_task(until(watched, 600, 5, bell))
    await asyncio.sleep(0.01)
    assert not watched.looks
    bell.ring()
    await asyncio.wait_for(looking, 60)
    assert watched.looks == 1


async def test_a_bell_that_rang_for_nothing_is_listened_to_again(bell: PipeBell) -> None:
    watched = Watched(2)
    looking = asyncio.create_task(until(watched, 600, 5, bell))
    bell.ring()
    await watched.seen.wait()
    bell.ring()
    await asyncio.wait_for(looking, 60)
    assert (watched.looks, bell.heard) == (2, 2)


async def test_a_bell_that_never_rings_leaves_the_looks(bell: PipeBell) -> None:
    watched = Watched(3)
    await until(watched, 0.001, 5, bell)
    assert (watched.looks, bell.heard) == (3, 0)
