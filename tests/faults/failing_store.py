"""A real store whose calls fail where a test says so, before they reach it or after they have done their work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, Literal, cast

from dezky_audit_tui.errors import StoreError, StoreUnavailable
from dezky_audit_tui.store.store import Store

When = Literal["before", "after"]


class FailingStore:
    """Passes everything on to `store`. `fail` arms one failure; `wait` is awaited around the calls it names.

    With `die_at`, the program dies in a call: neither that one nor any after it gets through.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._armed: dict[str, tuple[int, StoreError, When]] = {}
        self.failed = 0
        self.before: dict[str, Callable[[], Awaitable[None]]] = {}
        self._deadly: tuple[str, int, When] | None = None
        self.dead = False

    def fail(self, call: str, error: StoreError, *, nth: int = 1, when: When = "before") -> None:
        """The `nth` next call of that name fails: `before` it is done, or `after`, so that only the answer is lost."""
        self._armed[call] = (nth, error, when)

    def die_at(self, call: str, *, nth: int = 1, when: When = "before") -> None:
        """At the `nth` next call of that name, before it reaches the store or when it has done its work."""
        self._deadly = (call, nth, when)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        if not iscoroutinefunction(value):
            return value

        async def call(*args: Any, **kwargs: Any) -> Any:
            dying = self._dies(name)
            if self.dead or dying == "before":
                self.dead = True
                raise StoreUnavailable("the program is dead")
            if name in self.before:
                await self.before[name]()
            error, when = self._due(name)
            if error is not None and when == "before":
                raise error
            result = await value(*args, **kwargs)
            if dying == "after":
                self.dead = True
                raise StoreUnavailable("the program is dead")
            if error is not None:
                raise error
            return result

        return call

    def as_store(self) -> Store:
        """The same, for the type checker."""
        return cast(Store, self)

    def _dies(self, name: str) -> When | None:
        if self._deadly is None or self._deadly[0] != name:
            return None
        call, nth, when = self._deadly
        self._deadly = (call, nth - 1, when)
        return when if nth == 1 else None

    def _due(self, name: str) -> tuple[StoreError | None, When]:
        if name not in self._armed:
            return None, "before"
        nth, error, when = self._armed[name]
        if nth > 1:
            self._armed[name] = (nth - 1, error, when)
            return None, "before"
        del self._armed[name]
        self.failed += 1
        return error, when
