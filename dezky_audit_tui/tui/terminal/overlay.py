"""Widgets that lie over others, and come and go without a new layout.

To show or take away a widget the library lays out the whole screen and paints all of it: ten milliseconds for a line.
An overlay always has its place in the layout. The compositor leaves it out of what is seen, and paints its cells alone.
"""

from __future__ import annotations

from textual._compositor import Compositor
from textual.geometry import Region
from textual.widget import Widget


class Overlay(Widget):
    """Its styles give it a layer above the others, and a place. It is not seen until `shown` is set."""

    _shown = False

    @property
    def shown(self) -> bool:
        """Whether it is seen, and hides what is below."""
        return self._shown

    @shown.setter
    def shown(self, shown: bool) -> None:
        if shown == self._shown:
            return
        self._shown = shown
        compositor = self.screen._compositor
        if isinstance(compositor, OverlayCompositor):
            compositor.expose(self)
            # Any widget's wish to be painted has the screen painted where it changed.
            self.screen.refresh(Region())


class OverlayCompositor(Compositor):
    """The library's compositor, but for overlays that are not shown."""

    @property
    def visible_widgets(self) -> dict[Widget, tuple[Region, Region]]:
        """Where each widget is that is seen, from the top."""
        if self._visible_widgets is None:
            laid_out = super().visible_widgets
            self._visible_widgets = {widget: place for widget, place in laid_out.items() if not _is_hidden(widget)}
        return self._visible_widgets

    def expose(self, overlay: Overlay) -> None:
        """It was shown or hidden: paint its cells anew."""
        self._cuts = self._layers_visible = self._visible_widgets = None
        place = (self._visible_map or self._full_map).get(overlay)
        if place is not None:
            self._dirty_regions.add(place.region.intersection(place.clip))

    def update_widgets(self, widgets: set[Widget]) -> None:
        """Have these painted. Of those that are not seen the library believes that they have no place yet."""
        super().update_widgets({widget for widget in widgets if not _is_hidden(widget)})


def _is_hidden(widget: Widget) -> bool:
    return any(isinstance(each, Overlay) and not each.shown for each in widget.ancestors_with_self)
