"""A scroll bar of whole cells."""

from __future__ import annotations

from typing import ClassVar

from textual.scrollbar import ScrollBarRender


class WholeBar(ScrollBarRender):
    """The library draws parts of a cell at both ends, as a glyph and its reverse: without colours these fall apart."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
