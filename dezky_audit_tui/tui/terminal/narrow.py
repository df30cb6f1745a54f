"""Sends of a changed line only the cells that were said to have changed.

The library crops such an update on its right side alone, so that a clock at the end of a line costs the whole line,
many times a minute, over SSH.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from dezky_audit_tui.tui.terminal.overlay import OverlayCompositor
from dezky_audit_tui.tui.terminal.thrift import Placed


def placed(update: CompositorUpdate) -> Iterator[Placed]:
    """What an update draws. Of a part of the screen: the cells of its spans, and no others."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for whole in line:
                yield x, y, whole
                x += whole.cell_length
    elif isinstance(update, ChopsUpdate):
        for y, first, last in update.spans:
            for end, (start, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                left, right = max(first, start), min(last, end)
                if strip is not None and left < right:
                    yield left, y, strip.crop(left - start, right - start)


class NarrowCompositor(OverlayCompositor):
    """The library's compositor, but for how a part of the screen is made."""

    _changed: set[int] | None = None
    """The lines of the update that is being made."""

    held = False
    """Whether nothing is painted for now. Whoever lets go has all of it painted."""

    def __init__(self) -> None:
        super().__init__()
        self._awaited: list[asyncio.Future[None]] = []

    def render_update(
        self, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
    ) -> RenderableType | None:
        """What changed since the last time; None where nothing did."""
        if self.held:
            return None
        for each in self._awaited:
            if not each.done():
                each.set_result(None)
        self._awaited.clear()
        return super().render_update(full, screen_stack, simplify)

    def next_update(self) -> asyncio.Future[None]:
        """Done when the next update is made; whoever awaits it goes on behind that."""
        awaited = asyncio.get_running_loop().create_future()
        self._awaited.append(awaited)
        return awaited

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed since the last time; None where nothing did."""
        self._changed = {y for region in self._dirty_regions for y in region.line_range}
        try:
            return super().render_partial_update()
        finally:
            self._changed = None

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        """Of a part, the widgets on its lines: a clock on top and one below must not render all that is between, nor
        the timeline all that it covers."""
        if self._changed is None:
            yield from super()._get_renders(crop)
            return
        above: list[Region] = []
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            lines = self._changed.intersection(shown.line_range)
            for each in above:
                if each.x <= shown.x and shown.right <= each.right:
                    lines.difference_update(each.line_range)
            if shown and lines:
                above.append(shown)
                yield region, clip, widget.render_lines(shown.translate(-region.offset))
