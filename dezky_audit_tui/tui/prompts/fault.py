"""What is wrong with a text that is being typed."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """`place`: the column where it goes wrong, from 0, where that can be told."""

    message: str
    place: int | None = None
