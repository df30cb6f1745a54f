"""Lists where one value belongs. A condition on such a field holds where any of the list's values fits, while its first
one is shown: so the rows that have one are left to the plain rule.

No index leads to them, but an index knows whether it has ever held a list: nearly always the answer is no, and rows
are counted by the index alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pymongo.errors import PyMongoError

from dezky_audit_tui.store.mongo.base import EVENTS, Base
from dezky_audit_tui.store.mongo.filters import Filter, any_of

_BELIEVED_S = 60.0


class Lists:
    """Asks the indexes of `auditevents`. What was once true stays so."""

    def __init__(self, base: Base, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._base = base
        self._monotonic = monotonic
        self._holding: set[str] = set()
        self._none_at: dict[str, float] = {}

    async def rows(self, paths: Iterable[str]) -> Filter:
        """The rows that may have a list at one of the paths."""
        return any_of([{path: {"$type": "array"}} for path in paths if await self._may_hold(path)])

    async def _may_hold(self, path: str) -> bool:
        now = self._monotonic()
        if path in self._holding:
            return True
        if path in self._none_at and now - self._none_at[path] < _BELIEVED_S:
            return False
        if _holds_lists(await self._explained(path), path):
            self._holding.add(path)
            return True
        self._none_at[path] = now
        return False

    async def _explained(self, path: str) -> object:
        """How the server would read the field's index; None where it does not say."""
        find = {"find": EVENTS, "filter": {path: {"$eq": None}}, "hint": {path: 1, "at": 1, "_id": 1}}
        try:
            return await self._base.events.database.command("explain", find, verbosity="queryPlanner")
        except PyMongoError:
            return None


def _holds_lists(plan: object, path: str) -> bool:
    """Whether an index in the plan has lists at `path`; True where it has none such."""
    told = [stage["multiKeyPaths"] for stage in _stages(plan) if isinstance(stage.get("multiKeyPaths"), Mapping)]
    return not told or any(each.get(path) for each in told)


def _stages(plan: object) -> Iterable[Mapping[str, Any]]:
    if isinstance(plan, Mapping):
        yield plan
        for each in plan.values():
            yield from _stages(each)
    elif isinstance(plan, list):
        for each in plan:
            yield from _stages(each)
