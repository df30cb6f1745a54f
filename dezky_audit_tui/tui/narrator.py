"""Says in words how things stand: header, filter line, banner, footer, and what the timeline says between its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual.geometry import Size

from dezky_audit_tui.model.query import Query
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.feed import News
from dezky_audit_tui.tui.keymap import Context
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.standing import facts_now
from dezky_audit_tui.tui.supervise import Supervisor
from dezky_audit_tui.tui.timeline.browse import Browser
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.widgets.notice import Notice
from dezky_audit_tui.tui.widgets.prompt import Prompt
from dezky_audit_tui.tui.widgets.timeline import Timeline
from dezky_audit_tui.tui.words.bars import banner_lines, footer_line, header_line, notice_lines
from dezky_audit_tui.tui.words.filter_bar import MOST_LINES, FilterWords, filter_lines, prompt_state
from dezky_audit_tui.tui.words.health import Facts, Health, health_of
from dezky_audit_tui.tui.words.pieces import wrap
from dezky_audit_tui.tui.words.silences import Stretch, unseen_stretches
from dezky_audit_tui.tui.words.zone import Zone

_ROOMY = 12
"""Lines of the screen from which on the filter may take more than one."""

_BELOW = "Why, and what to do, stands below."
_WAYS_OUT = "⌫ drops the last term, f turns all off, esc clears them"


class Bars(NamedTuple):
    """The widgets that it writes on."""

    header: LineWidget
    filter: LineWidget
    banner: LineWidget
    footer: LineWidget
    notice: Notice


class Narrator:
    """`news` and `zone` are set by the screen; each method writes one part anew, at no cost where it is the same.

    `size`: the screen's, in cells and lines.
    """

    def __init__(
        self,
        setup: Setup,
        supervisor: Supervisor,
        browser: Browser,
        timeline: Timeline,
        bars: Bars,
        size: Callable[[], Size],
    ) -> None:
        self._setup, self._supervisor = setup, supervisor
        self._browser, self._timeline, self._bars, self._size = browser, timeline, bars, size
        self.news = News()
        self.zone: Zone = setup.zone
        self.unseen: tuple[Stretch, ...] = ()
        """What nobody has read of the source."""
        self.unknown: tuple[Query, Sequence[str]] | None = None
        """A filter that nothing matches, and which of its values no event has."""
        self.filter_height = 1
        """Lines of the filter; what is typed in its place takes as many, so that no row moves."""
        self.notice: str | None = None
        """A line that stands in the footer for some seconds."""

    def facts(self) -> Facts:
        """All that header, banner and panes are made of."""
        return facts_now(self._setup, self._supervisor, self.news)

    def health(self) -> None:
        """Header, banner, and the timeline's words."""
        facts, width = self.facts(), self._size().width
        health = health_of(facts)
        self.unseen = unseen_stretches(facts, in_trouble=health.level == "bad")
        zone = self.zone.label(self._setup.clock())
        source, store = self._setup.source_name, self._setup.store.name
        self._bars.header.show(header_line(width, source, store, zone, health, self._cursor()))
        lines = banner_lines(width, health)
        self._bars.banner.display = bool(lines)
        if lines:
            self._bars.banner.styles.height = len(lines)
            self._bars.banner.show(*lines)
        self._timeline_words(health)

    def filter(self, prompt: Prompt | None) -> None:
        """The filter line; or what stands beside what is typed in the `prompt` in its place."""
        browser, timeline = self._browser, self._timeline
        words = FilterWords(
            chips=browser.chips,
            off=browser.off is not None and not browser.sought,
            matching=None if browser.lags or browser.sought else browser.matching,
            counting=browser.counting,
            total=self.news.total,
            following=timeline.following,
            pill=timeline.view.fresh.pill,
            searching=browser.searching,
            context=browser.context is not None,
            search=browser.search.query.text if browser.search is not None else "",
            hits=browser.hits,
            waits=browser.waits,
        )
        if prompt is None:
            most = MOST_LINES if self._size().height >= _ROOMY else 1
            lines, bar = filter_lines(self._size().width, words, most), self._bars.filter
            if len(lines) != self.filter_height:
                bar.styles.height = len(lines)
                timeline.shift(len(lines) - self.filter_height)
                self.filter_height = len(lines)
            bar.show(*lines)
        else:
            prompt.say(prompt_state(self._size().width // 3, words, filtering=prompt.kind == "filter"))

    def footer(self, context: Context) -> None:
        """The keys that matter here, or the notice; where it does not fit there, over the last lines."""
        told = notice_lines(self._size().width, self.notice) if self.notice is not None else []
        self._bars.notice.tell(told if len(told) > 1 else [], self._timeline.cursor_y)
        self._bars.footer.show(footer_line(self._size().width, context, self.notice))

    def _cursor(self) -> str:
        """When the newest event was, with the day where it is another one."""
        state = self.news.status.state if self.news.status is not None else None
        if state is None or state.cursor is None:
            return ""
        at, now = state.cursor.at, self._setup.clock()
        time = self.zone.time(at, now)
        if self.zone.mode == "relative":
            return time if time == "now" else f"{time} ago"
        return time if self.zone.day(at) == self.zone.day(now) else f"{self.zone.place(at):%d %b} {time[:5]}"

    def _timeline_words(self, health: Health) -> None:
        timeline, query = self._timeline, self._browser.query
        total = self._browser.matching if query.terms else self.news.total
        words = (self._empty(query, health), self._filling(health), self._end(query), total)
        if words != (timeline.empty_text, timeline.filling, timeline.end_text, timeline.total):
            timeline.empty_text, timeline.filling, timeline.end_text, timeline.total = words
            timeline.repaint()

    def _empty(self, query: Query, health: Health) -> tuple[str, ...]:
        if not self._browser.opened:
            if self.news.error is not None:
                return ("The store cannot be read.", _BELOW)
            return ("Reading the store…",)
        if query.terms:
            why, hints = self.unknown if self.unknown is not None else (None, ())
            told = (f"Nothing matches {visible(query.text)}", *(hints if why == query else ()), _WAYS_OUT)
            return tuple(line for text in told for line in wrap(text, max(10, self._timeline.size.width - 4), 4))
        first = "No events yet."
        if health.problem is not None:
            return (first, _BELOW)
        if not health.next:
            return (first, "Waiting for the first tick.")
        return (first, "The first tick is on its way." if health.next == "ticking" else f"{health.next.capitalize()}.")

    def _filling(self, health: Health) -> str:
        state = self._supervisor.state
        if state is not None and state.phase == "ticking":
            return visible(state.progress) if state.progress else "filling"
        return "not filling" if health.level == "bad" else ""

    def _end(self, query: Query) -> str:
        if query.terms:
            return "nothing older matches"
        history = self.news.status.state.history_from if self.news.status else None
        if history is not None:
            return f"the history was asked for from {self.zone.exact(history)} on"
        return "beginning of the log"
