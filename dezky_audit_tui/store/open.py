"""From the setting AUDIT_STORE to a store. A store's driver is imported only where it is asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from dezky_audit_tui.errors import SettingsError
from dezky_audit_tui.store.store import Store

_SQLITE = "sqlite:///"
_MONGO = ("mongodb://", "mongodb+srv://")
_MONGO_ROOM = "dezky_audit_tui.store.mongo.store"
ALLOWED = "sqlite:///PATH or mongodb://HOST/DB"


def open_store(url: str) -> Store:
    """The store that `url` names, not yet opened. `sqlite:///audit.db` is relative, `sqlite:////srv/audit.db` is not.

    Raises SettingsError where it names none; the message never shows more than the scheme, since a URI may hold a
    password.
    """
    if url.startswith(_SQLITE):
        return _sqlite(url.removeprefix(_SQLITE))
    if url.startswith(_MONGO):
        return _mongo(url)
    scheme, separator, _ = url.partition(":")
    shown = (
        f"it begins with {scheme[:20]!r}" if separator and scheme.isascii() and scheme.isidentifier() else "it is not"
    )
    raise SettingsError(f"AUDIT_STORE has to be {ALLOWED}; {shown}")


def _sqlite(path: str) -> Store:
    if not path or path == ":memory:" or path.endswith("/") or "\0" in path:
        raise SettingsError(f"AUDIT_STORE has to name a file: {ALLOWED}")
    from dezky_audit_tui.store.sqlite.store import SqliteStore

    try:
        return SqliteStore(Path(path).expanduser())
    except RuntimeError as error:
        raise SettingsError(f"AUDIT_STORE: nobody has told where the home directory {path.split('/')[0]} is") from error


def _mongo(url: str) -> Store:
    try:
        room = import_module(_MONGO_ROOM)
    except ModuleNotFoundError as error:
        raise SettingsError(f"AUDIT_STORE: this build has no MongoDB store; use {_SQLITE}PATH") from error
    return cast(Store, room.MongoStore(url))
