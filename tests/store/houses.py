"""Where a store under test lives: each kind of store joins the suite with one class here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from dezky_audit_tui.model.instants import now
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.store.store import Store
from tests.store.mongo_house import MONGO_HOUSES


class House(Protocol):
    """A fresh, empty place for the data of one test."""

    url: str
    """For `open_store`, in this process and in others."""

    async def enter(self) -> Store:
        """One more store on the same data, open. Whoever enters closes."""

    async def pass_time(self, seconds: float) -> None:
        """Leases grow older by that."""

    async def add_tenants(self, *slugs: str) -> None:
        """As the platform does: the stores only read them."""


class SqliteHouse:
    """A file, and one clock for all stores on it: it starts with that of the other programs on this host."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "audit.db"
        self.url = f"sqlite:///{self.path}"
        self.now = now()

    async def enter(self) -> Store:
        store = SqliteStore(self.path, clock=lambda: self.now)
        await store.open()
        return store

    async def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def add_tenants(self, *slugs: str) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.executemany("INSERT INTO tenants VALUES (?)", [(slug,) for slug in slugs])
        connection.close()


HOUSES: dict[str, Callable[[Path], House]] = {"sqlite": SqliteHouse, **MONGO_HOUSES}
