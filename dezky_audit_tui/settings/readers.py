"""From what an operator wrote to a setting's value: a text, or a number, a truth or an array of the TOML file. Pure.

Each reader raises ValueError where the value is not allowed: with what is allowed, or without a word where the
setting's own description tells it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dezky_audit_tui.settings.addresses import parse_store_url

Reader = Callable[[Any], Any]

TOKEN_ALLOWED = "an API token: printable ASCII characters without a blank"
_TRUE = frozenset({"true", "yes", "on", "1", "t", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "f", "n"})


class Secret:
    """A text that does not show itself: not in a log, a traceback or an error."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """The text."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


def text(value: Any) -> str:
    """A text without blanks around it."""
    if not isinstance(value, str):
        raise ValueError
    return value.strip()


def truth(value: Any) -> bool:
    """True or false, also as yes and no, on and off, 1 and 0."""
    word = str(int(value) if isinstance(value, bool) else value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


def number(least: float, most: float) -> Reader:
    """A number between the two, themselves included."""

    def read(value: Any) -> float:
        found = _number(value)
        if not least <= found <= most:
            raise ValueError
        return found

    return read


def whole(least: int, most: int) -> Reader:
    """A whole number between the two, themselves included."""

    def read(value: Any) -> int:
        found = _number(value)
        if not (least <= found <= most and found.is_integer()):
            raise ValueError
        return int(found)

    return read


def days(most: float) -> Reader:
    """More than no days and at most so many; None for `all`."""

    def read(value: Any) -> float | None:
        if isinstance(value, str) and value.strip().lower() == "all":
            return None
        found = _number(value)
        if not 0 < found <= most:
            raise ValueError
        return found

    return read


def one_of(*words: str) -> Reader:
    """One of these words, in any case."""

    def read(value: Any) -> str:
        word = text(value).lower()
        if word not in words:
            raise ValueError
        return word

    return read


def words(value: Any) -> tuple[str, ...]:
    """A comma list, or a TOML array, as trimmed words without empty ones, each once."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise ValueError
    return tuple(dict.fromkeys(word.strip() for word in value if word.strip()))


def file(value: Any) -> Path:
    """A path; `~` is the home folder."""
    path = str(value) if isinstance(value, Path) else text(value)
    if not path or "\0" in path:
        raise ValueError
    try:
        return Path(path).expanduser()
    except RuntimeError:  # the home of somebody who is not known here
        raise ValueError from None


def token(value: Any) -> Secret:
    """An API token."""
    found = value.strip() if isinstance(value, str) else ""
    if not found or not found.isascii() or not found.isprintable() or " " in found:
        raise ValueError(TOKEN_ALLOWED)
    return Secret(found)


def store(value: Any) -> Secret:
    """A store's URL."""
    return Secret(parse_store_url(text(value)))


def _number(value: Any) -> float:
    # TOML has true and false, and Python takes them for 1 and 0.
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise ValueError from None
    if not math.isfinite(found):
        raise ValueError
    return found
