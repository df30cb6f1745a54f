"""The filter language's letters: a filter's text cut into terms, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dezky_audit_tui.errors import QueryError

_NAME = re.compile(r"([A-Za-z_]+):")
_QUOTE = '"'


@dataclass(frozen=True, slots=True)
class Value:
    """One value: `text` without quotes and `*`. `place`: its column in the filter."""

    text: str
    place: int
    quoted: bool = False
    open_start: bool = False
    open_end: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it had a `*` at either end."""
        return self.open_start or self.open_end


@dataclass(frozen=True, slots=True)
class RawTerm:
    """`text` is the term as typed. `name` is what stands before the colon, None for a bare word or a quoted text."""

    text: str
    place: int
    negated: bool
    name: str | None
    name_place: int
    values: tuple[Value, ...]


def read_terms(text: str) -> list[RawTerm]:
    """The terms in their order. Raises QueryError."""
    reader = _Reader(text)
    terms = []
    while reader.skip_blanks():
        terms.append(reader.term())
    return terms


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def skip_blanks(self) -> bool:
        """Whether something is left."""
        while self._char().isspace():
            self._at += 1
        return self._at < len(self._text)

    def term(self) -> RawTerm:
        start = self._at
        negated = self._char() in ("!", "-")
        if negated:
            self._at += 1
            self._after_negation()
        name_place = self._at
        name = self._name()
        values = (self._bare(),) if name is None else self._values(name)
        return RawTerm(self._text[start : self._at], start, negated, name, name_place, values)

    def _after_negation(self) -> None:
        sign = self._text[self._at - 1]
        if self._at_end():
            raise QueryError(
                f"`{sign}` stands alone (column {self._at}); put the term that must not hold right after it",
                self._at - 1,
            )
        if self._char() in ("!", "-"):
            raise QueryError(
                f"a term is negated once (column {self._at + 1}); quote a text that begins with {self._char()}",
                self._at,
            )

    def _name(self) -> str | None:
        """The name before a colon. `2001:db8::1`, `12:30` and `https://` are no fields, and are searched as text."""
        found = _NAME.match(self._text, self._at)
        if found is None or self._text.startswith("//", found.end()) or self._is_address():
            return None
        self._at = found.end()
        return found[1]

    def _is_address(self) -> bool:
        word = self._text[self._at :].split(maxsplit=1)[0]
        return word.count(":") > 1 and re.fullmatch(r"[0-9A-Fa-f:.]+(/\d+|%\w+)?", word) is not None

    def _bare(self) -> Value:
        if self._char() == _QUOTE:
            value = self._quoted()
            if not self._at_end():
                raise QueryError(f"put a space after the closing quote (column {self._at + 1})", self._at)
            return value
        return self._unquoted(stops="")

    def _values(self, name: str) -> tuple[Value, ...]:
        values = []
        while True:
            if self._at_end() or self._char() == ",":
                raise QueryError(
                    f"{name.lower()}: needs a value (column {self._at + 1}), right after the colon or the comma",
                    self._at,
                )
            values.append(self._value())
            if self._char() != ",":
                return tuple(values)
            self._at += 1

    def _value(self) -> Value:
        start = self._at
        stars = self._stars()
        if self._char() != _QUOTE:
            self._at = start
            return self._unquoted(stops=",")
        inner = self._quoted()
        value = Value(inner.text, start, quoted=True, open_start=stars > 0, open_end=self._stars() > 0)
        if not (self._at_end() or self._char() == ","):
            raise QueryError(f"put a space or a comma after the closing quote (column {self._at + 1})", self._at)
        return value

    def _stars(self) -> int:
        start = self._at
        while self._char() == "*":
            self._at += 1
        return self._at - start

    def _unquoted(self, stops: str) -> Value:
        start = self._at
        while not self._at_end() and self._char() not in stops:
            if self._char() == _QUOTE:
                raise QueryError(
                    f'a quote opens a value (column {self._at + 1}); quote all of it, with \\" for a quote in it',
                    self._at,
                )
            self._at += 1
        word = self._text[start : self._at]
        text = word.strip("*")
        inner = text.find("*")
        if inner >= 0:
            place = start + word.index(text) + inner
            raise QueryError(
                f"`*` stands at the start or the end of a value (column {place + 1}); quote it to mean the character",
                place,
            )
        return Value(text, start, open_start=word.startswith("*"), open_end=word.endswith("*"))

    def _quoted(self) -> Value:
        start = self._at
        self._at += 1
        text: list[str] = []
        while self._char() != _QUOTE:
            if self._char() == "\\" and self._text[self._at + 1 : self._at + 2] in ("\\", _QUOTE):
                self._at += 1
            if self._at >= len(self._text):
                raise QueryError(f"the quote at column {start + 1} is not closed", start)
            text.append(self._char())
            self._at += 1
        self._at += 1
        return Value("".join(text), start, quoted=True)

    def _char(self) -> str:
        return self._text[self._at : self._at + 1]

    def _at_end(self) -> bool:
        """Whether the term ends here."""
        return self._at >= len(self._text) or self._char().isspace()
