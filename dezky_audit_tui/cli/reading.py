"""Commands that only read the store: opened, asked and closed again; and lists of what may be too much to show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import click

from dezky_audit_tui.cli.output import write_json, write_lines
from dezky_audit_tui.cli.running import opened_store, run_until_done
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.store.store import Store

T = TypeVar("T")


def tell_of_store(
    settings: Settings,
    ask: Callable[[Store], Awaitable[T]],
    to_json: Callable[[T], Mapping[str, Any]],
    lines: Callable[[T], Iterable[str]],
    *,
    as_json: bool,
) -> None:
    """Print what the store answers, once it is closed; nothing where a signal ends it before. Raises StoreError."""

    async def told() -> None:
        async with opened_store(settings) as store:
            found = await ask(store)
        if as_json:
            write_json(to_json(found))
        else:
            write_lines(lines(found))

    run_until_done(told)


limit_option = click.option(
    "--limit", metavar="N", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many."
)


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list, newest first: how to `ask` for up to so many, each as JSON, all as lines, and what to say of `none`."""

    ask: Callable[[Store, int], Awaitable[Sequence[T]]]
    to_json: Callable[[T], Mapping[str, Any]]
    lines: Callable[[Sequence[T]], Iterable[str]]
    none: str

    def write(self, settings: Settings, limit: int, *, as_json: bool) -> None:
        """Print it, and whether there is more."""

        async def page(store: Store) -> tuple[Sequence[T], bool]:
            found = await self.ask(store, limit + 1)
            return found[:limit], len(found) > limit

        tell_of_store(settings, page, self._json, self._lines, as_json=as_json)

    def _json(self, page: tuple[Sequence[T], bool]) -> Mapping[str, Any]:
        items, more = page
        return {"items": [self.to_json(item) for item in items], "more": more}

    def _lines(self, page: tuple[Sequence[T], bool]) -> Iterator[str]:
        items, more = page
        yield from self.lines(items) if items else [self.none]
        if more:
            yield "and more; --limit shows them"
