"""Sends of a changed line only the cells that were said to have changed.

The library crops such an update on its right side alone, so that a clock at the end of a line costs the whole line,
many times a minute, over SSH.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class NarrowUpdate(ChopsUpdate):
    """An update that begins where its spans begin."""

    def render_segments(self, console: Console) -> str:
        """The bytes for the terminal."""
        sequences: list[str] = []
        for y, first, last in self.spans:
            for end, (start, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(first, start), min(last, end)
                if strip is None or left >= right:
                    continue
                sequences.append(Control.move_to(left, y).segment.text)
                whole = (left, right) == (start, end)
                sequences.append((strip if whole else strip.crop(left - start, right - start)).render(console))
        return "".join(sequences)


class NarrowCompositor(Compositor):
    """The library's compositor, but for how a part of the screen is made and sent."""

    _changed: Set[int] | None = None
    """The lines of the update that is being made."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed since the last time; None where nothing did."""
        self._changed = {y for region in self._dirty_regions for y in region.line_range}
        try:
            update = super().render_partial_update()
        finally:
            self._changed = None
        return None if update is None else NarrowUpdate(update.chops, update.spans, update.chop_ends)

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        """Of a part, the widgets on its lines: a clock on top and one below must not render all that is between."""
        if self._changed is None:
            yield from super()._get_renders(crop)
            return
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            if shown and not self._changed.isdisjoint(shown.line_range):
                yield region, clip, widget.render_lines(shown.translate(-region.offset))
