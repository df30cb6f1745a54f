"""Addresses of the source and of the store: what is allowed, and how one is shown without its secrets. Pure."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from dezky_audit_tui.model.hosts import is_loopback

SQLITE = "sqlite:///"
MONGO_SCHEMES = ("mongodb", "mongodb+srv")
STORE_ALLOWED = (
    "sqlite:///PATH (sqlite:////PATH where the path is absolute), mongodb://HOST/DB or mongodb+srv://HOST/DB"
)
URL_ALLOWED = "an http or https URL such as https://auth.example.com, without user name, password, query or fragment"
_API_PATH = "/api/v3"
_SECRET_OPTIONS = ("password", "token", "secret", "authmechanismproperties")


def parse_base_url(text: str, *, allow_http: bool) -> str:
    """Authentik's base URL, without a slash at its end and without `/api/v3`.

    Raises ValueError with what is allowed; the message never holds the URL.
    """
    parts = _split(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or _has_blank(text):
        raise ValueError(URL_ALLOWED)
    if "@" in parts.netloc:
        raise ValueError("a URL without user name and password (the token has a setting of its own, AUTHENTIK_TOKEN)")
    if "?" in text or "#" in text:
        raise ValueError("the base URL alone, without query and fragment")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("a URL with a port from 0 to 65535, or none") from None
    if parts.scheme == "http" and not allow_http and not is_loopback(parts.hostname):
        raise ValueError(
            "https, since plain http would send the token in clear to a host that is not this machine "
            "(AUTHENTIK_ALLOW_HTTP=true allows it)"
        )
    path = parts.path.rstrip("/").removesuffix(_API_PATH).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def parse_store_url(text: str) -> str:
    """The store's URL; the path of a SQLite file becomes absolute, and `~` the home folder.

    Raises ValueError with what is allowed; the message never holds the URL.
    """
    if text.startswith(SQLITE):
        return sqlite_url(_sqlite_path(text.removeprefix(SQLITE)))
    parts = _split(text)
    if parts is None or parts.scheme not in MONGO_SCHEMES or _has_blank(text):
        raise ValueError(STORE_ALLOWED)
    if _stray_at(parts):
        raise ValueError(f"{STORE_ALLOWED}; a reserved character in user name or password is written as %XX")
    if not parts.netloc.rpartition("@")[2]:
        raise ValueError(f"{STORE_ALLOWED}; this one names no host")
    return text


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file; an absolute path gives four slashes."""
    return f"{SQLITE}{path}"


def store_secrets(url: str) -> tuple[str, ...]:
    """What of a store's URL must never be shown: itself where it can hold a secret, and the password as it is
    written and as it is meant."""
    if not has_secret(url):
        return ()
    parts = _split(url)
    password = parts.netloc.rpartition("@")[0].partition(":")[2] if parts else ""
    return tuple(dict.fromkeys(filter(None, (url, password, unquote(password)))))


def has_secret(url: str) -> bool:
    """Whether a store's URL holds a password, options that may hold one, or an `@` where none should be."""
    if url.startswith(SQLITE):
        return False
    parts = _split(url)
    if parts is None or _stray_at(parts):
        return True
    return ":" in parts.netloc.rpartition("@")[0] or any(word in parts.query.lower() for word in _SECRET_OPTIONS)


def shown_url(url: str) -> str:
    """A URL as it may be shown: the password as `***`, and no options, which may hold secrets of their own."""
    if url.startswith(SQLITE):
        return url
    parts = _split(url)
    if parts is None or _stray_at(parts):
        return "***"
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    user, at, _ = parts.netloc.rpartition("@")
    if ":" in user:
        found, masked = f"//{user}{at}", f"//{user.partition(':')[0]}:***{at}"
        if found not in bare:  # a URL with tabs or line ends, which the parser leaves out
            return "***"
        bare = bare.replace(found, masked, 1)
    return bare + ("?***" if parts.query or parts.fragment else "")


def _sqlite_path(text: str) -> Path:
    if not text or text.endswith("/") or ":memory:" in text or "\0" in text:
        raise ValueError(f"{STORE_ALLOWED}; a SQLite store is a file")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"{STORE_ALLOWED}; that home folder is not known") from error
    except FileNotFoundError as error:
        raise ValueError(f"{STORE_ALLOWED}; the current folder was removed") from error


def _split(text: str) -> SplitResult | None:
    """The parts of a URL, or None where it has none (an open bracket)."""
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _stray_at(parts: SplitResult) -> bool:
    """Whether there is an `@` outside of the host: a password with a slash, or a URL without its two slashes."""
    return "@" in parts.path or "@" in parts.query or "@" in parts.fragment


def _has_blank(text: str) -> bool:
    return any(char.isspace() or not char.isprintable() for char in text)
