"""The dashboard's parts on one screen, and what all of its keys need of them. The keys themselves stand beside it."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import Reactive
from textual.widget import Widget
from textual.worker import Worker

from dezky_audit_tui.errors import Interrupted, StoreError, StoreUnavailable
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.tui.insights import Insights
from dezky_audit_tui.tui.keymap import Context
from dezky_audit_tui.tui.narrator import Bars, Narrator
from dezky_audit_tui.tui.panes.fill import PaneFiller
from dezky_audit_tui.tui.prompts.fault import Fault
from dezky_audit_tui.tui.screens.notices import Notices
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.supervise import Supervisor
from dezky_audit_tui.tui.terminal.narrow import NarrowCompositor
from dezky_audit_tui.tui.timeline.browse import Browser
from dezky_audit_tui.tui.timeline.reader import Reader
from dezky_audit_tui.tui.widgets.detail import Detail
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.widgets.notice import Notice
from dezky_audit_tui.tui.widgets.panes_dock import PanesDock
from dezky_audit_tui.tui.widgets.prompt import Complete, Prompt
from dezky_audit_tui.tui.widgets.prompt_notes import PromptNotes
from dezky_audit_tui.tui.widgets.timeline import Timeline
from dezky_audit_tui.tui.widgets.volume_line import VolumeLine

_FRAME_S = 1 / 60

_TURNS = 3
"""Turns of the loop after which the screen knows what its parts have changed."""

_KEPT = "the store is away: the filter is kept until it is back"
_LATER = "the store is away: done when it is back, any key stops it"
_NOTHING = "the store is away: this has to wait until it is back"


class Frame(Notices):
    """All parts from the header to the footer. Each group of keys is a class on top of it."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Each part shows by itself whether it has the focus: the library would paint the whole screen anew."""

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        super().__init__()
        self._compositor = self._painting = NarrowCompositor()  # in the place of the library's own
        self.taken_up, self.laid_out, self.painted = asyncio.Event(), asyncio.Event(), asyncio.Event()
        """Its parts are there, and as they were left; they have their sizes; the first frame is on the terminal."""
        self.setup, self.supervisor = setup, supervisor
        self.clock = setup.clock
        header, filter_, banner, footer = (LineWidget(id=name) for name in ("header", "filter", "banner", "footer"))
        self.bars = Bars(header, filter_, banner, footer, Notice(id="notice"))
        self.insights = Insights(setup.store, setup.admin_groups)
        self.volume_line = VolumeLine(id="volume")
        self.strip = LineWidget(id="strip")
        reader, known = Reader(setup.store), self.insights.known
        self.timeline = Timeline(reader, setup.clock, setup.zone, self.insights.folds, known, id="timeline")
        # As it is dressed first: to give it the focus later would dress all its parts once more.
        self.timeline.set_reactive(Timeline.has_focus, True)
        self.detail = Detail(setup.clock, setup.zone, id="detail")
        self.dock = PanesDock(id="panes")
        self.notes = PromptNotes(id="notes")
        self.prompt = Prompt(self.notes, id="prompt")
        self.browser = Browser(
            setup.store,
            reader,
            self.timeline,
            tell=self.tell,
            on_change=self.changed,
            aside=lambda counting: self.run_guarded(counting, "count", exclusive=True),
            catch_up=self.catch_up,
        )
        self.narrator = Narrator(setup, supervisor, self.browser, self.timeline, self.bars, lambda: self.size)
        self.panes = PaneFiller(setup, self.dock)
        self.going: Callable[[], Coroutine[Any, Any, object]] | None = None
        """A move that waits for the store, until the next key or click."""
        self._unbegun: dict[str, Coroutine[Any, Any, object]] = {}
        self._was_shown = False

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self.bars.header
        yield self.bars.filter
        yield self.prompt
        yield self.notes
        yield self.volume_line
        yield self.strip
        with Horizontal(id="middle"):
            yield self.timeline
            yield self.detail
        yield self.dock
        yield self.bars.banner
        yield self.bars.footer
        yield self.bars.notice

    @abstractmethod
    async def catch_up(self) -> None:
        """Take the live rows that wait. Raises StoreError."""

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """All parts are dressed when they are mounted: the first time, to dress them again would change nothing."""
        event.refresh_styles = self._was_shown
        self._was_shown = True

    @property
    def is_unpainted(self) -> bool:
        """Whether all of it is still to be written, and painted."""
        return self._painting.held

    @contextmanager
    def unpainted(self) -> Iterator[None]:
        """Nothing is painted inside, and all of it after."""
        self._painting.held = True
        try:
            yield
        finally:
            self._painting.held = False
            self.show_all()
            self.refresh()

    async def paint(self) -> None:
        """Paint what has changed now, and not at the screen's next turn, of sixty a second."""
        # A part that changed tells the screen when it has its own turn; what comes later is painted as ever.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._on_timer_update()

    # What stands on the lines

    def heed(self, *, calls_too: bool = False) -> None:
        """A key or a click: what was said or asked for before may not hold any more, but for calls, which stay their
        time."""
        self.going = None
        self.end_notice(calls_too=calls_too)

    def selected_row(self) -> Row | None:
        """The selected row. Where there is none, the operator is told, so that no key is dead without a word."""
        row = self.timeline.selected
        if row is None:
            self.tell("no event is selected")
        return row

    def show_all(self) -> None:
        """Write every line anew."""
        self.changed()
        self.show_strip()
        self.show_footer()
        self.fill_pane()

    def changed(self) -> None:
        """Filter, counts or search changed."""
        self.narrator.health()
        self.show_filter()

    def show_filter(self) -> None:
        """Write the filter line anew, or what stands beside what is typed in its place."""
        self.narrator.filter(self.prompt if self.prompt.is_open else None)

    def show_strip(self) -> None:
        """Write the line of impersonations without an end; it is not there while there is none."""
        sessions = self.insights.sessions.open()
        if self.strip.display != bool(sessions):
            self.strip.display = bool(sessions)
            self.timeline.shift(1 if sessions else -1)
        if sessions and self.size.width:
            from dezky_audit_tui.tui.words.strip import strip_line

            self.strip.show(strip_line(self.size.width, sessions, self.clock()))

    def show_footer(self) -> None:
        """The keys that matter where the reader is."""
        context: Context = "timeline" if self.timeline.following else "paused"
        if self.timeline.is_folded:
            context = "folded"
        if self.detail.display:
            context = "detail"
        if self.prompt.is_open:
            context = "prompt" if self.prompt.completes else "typing"
        self.narrator.footer(context)

    def show_findings(self) -> None:
        """Tell the detail what is known besides of its event."""
        row, status = self.timeline.selected, self.narrator.news.status
        if row is not None and self.detail.display and self.detail.event == row.event:
            self.detail.find(self.insights.findings(row, len(status.state.unread) if status is not None else 0))

    def fill_pane(self) -> None:
        """Write the open pane anew."""
        row = self.timeline.selected
        self.panes.fill(self.narrator.facts(), self.narrator.zone, row.event if row is not None else None)

    # What keys do

    def travel(self, going: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Run a move now; where the store is away, as soon as it is back, unless another key or click comes first."""
        self.going = going
        self.browse(self.arrive(going))

    async def arrive(self, going: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Run a move that may have waited."""
        await going()
        self.going = None

    def browse(self, moving: Coroutine[Any, Any, object]) -> None:
        """Run one move of the browser; it ends the one before it."""
        if self.narrator.news.error is not None:
            self.tell(_LATER if self.going is not None else _NOTHING)
        self.run_guarded(moving, "browse", exclusive=True)

    def ask(
        self,
        kind: str,
        label: str,
        text: str,
        placeholder: str,
        check: Callable[[str], Fault | None],
        complete: Complete | None = None,
        *,
        pick: bool = False,
    ) -> None:
        """Open the prompt in the place of the filter line. `pick`: Enter takes what is offered first."""
        self.prompt.styles.height = self.narrator.filter_height
        self.prompt.ask(kind, label, text, placeholder, check, complete, pick=pick)
        self.show_filter()
        self.show_footer()

    async def next_paint(self) -> None:
        """Until what was just written is on the terminal; not for long, where nothing is to be painted."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._painting.next_update(), _FRAME_S)

    def run_guarded(self, work: Coroutine[Any, Any, object], group: str, *, exclusive: bool = False) -> None:
        """Run work on the store beside the screen; `exclusive` ends what runs in the same group."""
        if exclusive and (ended := self._unbegun.pop(group, None)) is not None:
            ended.close()  # by a key of the same packet, before it had its turn

        async def guarded() -> None:
            if exclusive:
                self._unbegun.pop(group, None)
            await self._guarded(work)

        if exclusive:
            self._unbegun[group] = work
        _: Worker[None] = self.run_worker(guarded, group=group, exclusive=exclusive)

    def run_latest(self, begin: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        """Run work beside the screen. It ends what runs in the same group; what has not begun never does."""
        _: Worker[None] = self.run_worker(begin, group=group, exclusive=True)

    async def _guarded(self, work: Coroutine[Any, Any, object]) -> None:
        """What the store does not give is said; the feed finds out by itself when it is back."""
        try:
            await work
        except StoreUnavailable:
            waits = _LATER if self.going is not None else _NOTHING
            self.tell(_KEPT if self.browser.waits else waits)
        except (StoreError, Interrupted) as error:
            self.tell(error.message)

    # Where keys go

    def place_detail(self) -> None:
        """In the timeline's place, or beside it."""
        self.timeline.display = not (self.detail.display and self.has_class("-narrow"))

    def focus_place(self) -> None:
        """Keys go to what can be seen."""
        if self.detail.display and self.has_class("-narrow"):
            self.detail.view.focus()
        else:
            self.timeline.focus()
