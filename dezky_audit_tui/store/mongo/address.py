"""What a MongoDB URI says of the store, read without the driver: which hosts, and which database."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote

from dezky_audit_tui.errors import SettingsError

_ALLOWED = "mongodb://HOST/DB or mongodb+srv://HOST/DB"


@dataclass(frozen=True, slots=True)
class Address:
    """`hosts` as in the URI, without user and password. `url` is for the driver alone: it may hold a password."""

    url: str = field(repr=False)
    hosts: str
    database: str

    @property
    def place(self) -> str:
        """For messages: `db.example/dezky`. Of many hosts the first is named."""
        first, *others = self.hosts.split(",")
        more = f" and {len(others)} more" if others else ""
        return f"{first}{more}/{self.database}"


def parse_address(url: str) -> Address:
    """The parts of `url`. Raises SettingsError where it names no host or no database; no part of it is shown."""
    rest = url.partition("://")[2].partition("?")[0]
    authority, _, path = rest.partition("/")
    hosts = unquote(authority.rpartition("@")[2])
    # A database's name holds no dot: what comes after one would be a collection.
    database = unquote(path).partition(".")[0]
    if "@" in path or not hosts or not hosts.isprintable():
        raise SettingsError(
            f"AUDIT_STORE has to be {_ALLOWED}; a reserved character in user name or password is written as %XX"
        )
    if not database or not database.isprintable():
        raise SettingsError(f"AUDIT_STORE has to name the database: {_ALLOWED}")
    if not all(map(_has_right_port, hosts.split(","))):
        # Not shown: it may be a password, where the host after it was forgotten.
        raise SettingsError(f"AUDIT_STORE has to be {_ALLOWED}, and a port in it a number from 1 to 65535")
    return Address(url, hosts, database)


def _has_right_port(host: str) -> bool:
    """Whether the port, where one is given, can be one. Inside brackets there is an IPv6 address."""
    _, colon, port = host.rpartition("]")[2].rpartition(":")
    return not colon or (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536)
