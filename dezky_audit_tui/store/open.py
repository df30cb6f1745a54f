"""From the setting AUDIT_STORE to a store. Each kind is loaded only where it is asked for."""

from __future__ import annotations

from pathlib import Path

from dezky_audit_tui.errors import SettingsError
from dezky_audit_tui.store.store import Store

_SQLITE = "sqlite:///"
_MONGO = ("mongodb://", "mongodb+srv://")
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
    from dezky_audit_tui.store.mongo.store import MongoStore

    return MongoStore(url)
