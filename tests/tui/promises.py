"""What holds of a dashboard that stands still, whatever was done to it."""

from __future__ import annotations

from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.tui.screens.main import TINY
from tests.tui.cage import Cage

_ALL = 1_000_000


def no_fault(cage: Cage) -> None:
    """Nothing was raised that nobody caught, and it runs."""
    if cage.app._exception is not None:
        raise cage.app._exception
    assert cage.app._running
    assert not cage.faults


def fits(cage: Cage) -> None:
    """No line of the screen is wider than the terminal, and none has a control character in it."""
    screen = cage.app.screen
    width, height = cage.app.size
    strips = screen._compositor.render_strips()
    assert len(strips) <= height
    for strip in strips:
        assert strip.cell_length <= width
        assert all(segment.control is None and (segment.text.isprintable()) for segment in strip), strip.text
    timeline = cage.main.timeline
    if timeline.display and timeline.size:
        assert {strip.cell_length for strip in timeline._strips} == {timeline.size.width}


async def tells_the_store(cage: Cage) -> None:
    """The rows are a stretch of the store's without a gap, its ends are what they are said to be, and so are counts."""
    main, others = cage.main, cage.others
    browser, window = main.browser, main.timeline.view.window
    assert browser.opened
    assert not browser.lags
    everything = list(reversed(await others.older(EVERYTHING, None, _ALL)))
    stored = [row for row in everything if matches(browser.query, row.event)]
    held = list(reversed(list(window.newest_first())))
    places = [row.position for row in stored]
    if held:
        assert held[0].position in places
        at = places.index(held[0].position)
        assert [row.position for row in held] == places[at : at + len(held)]
        assert [row.event for row in held] == [row.event for row in stored[at : at + len(held)]]
        assert not window.at_oldest or at == 0
        assert not window.at_newest or at + len(held) == len(stored)
    else:
        assert not stored
    assert main.narrator.news.total == len(everything)
    if browser.query.terms:
        assert browser.matching == len(stored)
    if browser.search is not None and browser.hits is not None:
        assert browser.hits == sum(browser.search.hits(row.event) for row in stored)


def shows_the_reader(cage: Cage) -> None:
    """The cursor is on the screen; who follows is at the newest row."""
    view, timeline = cage.main.timeline.view, cage.main.timeline
    if not len(view.window):
        return
    assert view.selected is not None
    if view.following:
        assert view.window.at_newest
        assert view.window.newest is not None
        assert view.layout.shown(view.selected.position) == view.layout.shown(view.window.newest.position)
    if timeline.display and timeline.size.height >= 2 and timeline.size.width:
        assert view.height == timeline.size.height - 1
        line = view.screen_line
        assert line is not None
        assert 0 <= line < view.height


def says_what_holds(cage: Cage) -> None:
    """Written once more, every line says what it says already."""
    main = cage.main
    before = _lines(cage)
    main.show_all()
    assert _lines(cage) == before
    words = [term.text for term in (main.browser.off or main.browser.query).terms]
    if not main.prompt.is_open and not main.browser.sought:
        assert list(main.browser.chips) == words
    assert main.prompt.is_open == (main.focused is main.prompt._field)


def _lines(cage: Cage) -> dict[str, list[str]]:
    bars = cage.main.bars
    return {name: getattr(bars, name).texts() for name in ("header", "filter", "footer")}


def has_its_header(cage: Cage) -> None:
    """Where there is room for it."""
    width, height = cage.app.size
    if cage.app.screen is cage.main and width >= 40 and height >= TINY:
        assert " authentik " in cage.app.screen._compositor.render_strips()[0].text


async def comes_home(cage: Cage) -> None:
    """Some times escape, and it is the timeline again, with everything in it."""
    for _ in range(8):
        await cage.pilot.press("escape")
    await cage.settle()
    main = cage.main
    assert cage.app.screen is main
    assert not main.prompt.is_open
    assert not main.detail.display
    assert main.focused is main.timeline
    assert main.browser.query == EVERYTHING
    assert main.browser.search is None


async def all_of_them(cage: Cage) -> None:
    """What holds while nothing moves and the store is there."""
    no_fault(cage)
    await tells_the_store(cage)
    shows_the_reader(cage)
    fits(cage)
    has_its_header(cage)
    says_what_holds(cage)
