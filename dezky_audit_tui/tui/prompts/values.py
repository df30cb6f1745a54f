"""Asks the store for what a filter may hold: for completion, and for the pickers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.tui.prompts.completion import Known, known_of, values_of
from dezky_audit_tui.tui.prompts.filters import quoted

LOOKED_UP = ("actor", "ip")
"""Fields whose values are too many to count, and quick to find by their beginning."""

_FRESH = timedelta(seconds=60)
_ROUNDS, _PAGE, _ENOUGH = 4, 100, 8


class Values:
    """Its coroutines raise StoreError, and are cancelled when somebody types on."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._counted_at: datetime | None = None
        self.known = Known()

    @property
    def counted(self) -> bool:
        """Whether all values of the fields that are counted are known."""
        return self._counted_at is not None

    async def count(self) -> Known:
        """Tenants, verbs and sources with their rows; counted anew after a minute."""
        if self._counted_at is None or self._clock() - self._counted_at >= _FRESH:
            tenants = await self._store.tenant_counts()
            slugs = await self._store.tenants()
            actions: Counter[str] = Counter()
            for action in await self._store.action_counts():
                actions[action.action] += action.count
            counted = known_of(tenants.tenants, slugs, actions, await self._store.counts())
            self.known = Known({**self.known.values, **counted.values})
            self._counted_at = self._clock()
        return self.known

    async def look_up(self, field: str, typed: str) -> Known:
        """Some values of a field that begin so, from the newest rows; each round leaves out what is found already."""
        found: list[str] = []
        for _ in range(_ROUNDS):
            terms = [f"{field}:{quoted(typed)}*"] if typed else []
            terms += [f"!{field}:{quoted(value)}" for value in found]
            rows = await self._store.older(parse_query(" ".join(terms), now=self._clock()), None, _PAGE)
            values = values_of((row.event for row in rows), field)
            new = [value for value in values if value not in found and value.lower().startswith(typed.lower())]
            found += new
            if not new or len(found) >= _ENOUGH:
                break
        self.known = self.known.with_values(field, found)
        return self.known
