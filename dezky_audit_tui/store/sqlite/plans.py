"""Plans that are used again for as long as nothing is written."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict

from dezky_audit_tui.model.query import Query
from dezky_audit_tui.store.sqlite.plan import Plan, make_plan

_MOST = 16


class Plans:
    """The latest plans for pages, of one connection that only reads. A page follows another, and to find the addresses
    of a network, or the shortest of several walks, takes as long as to walk."""

    def __init__(self) -> None:
        self._version = -1
        self._plans: OrderedDict[Query, Plan] = OrderedDict()

    def plan(self, connection: sqlite3.Connection, query: Query) -> Plan:
        """As `make_plan`, within a transaction."""
        # Of the snapshot that the page is read from: another one where anybody has committed anything.
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._plans.clear()
            self._version = version
        if query in self._plans:
            self._plans.move_to_end(query)
        else:
            self._plans[query] = make_plan(connection, query)
            if len(self._plans) > _MOST:
                self._plans.popitem(last=False)
        return self._plans[query]
