"""The dashboard by its keys: simulated Authentik, real pull, real SQLite, real app, and a clock that a test moves."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandList

from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.sqlite.live import SqliteFollower
from dezky_audit_tui.store.store import Changes
from dezky_audit_tui.tui.screens.help import HelpScreen
from dezky_audit_tui.tui.timeline.lines import RowLine
from dezky_audit_tui.tui.widgets.line import LineWidget
from dezky_audit_tui.tui.widgets.prompt_notes import PromptNotes
from tests.tui.rows import event, put
from tests.tui.screen import Screen, dashboard
from tests.tui.stage import Stage


async def test_history_stands_on_the_screen_newest_first_with_state_lag_and_store(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.stage.pass_time(9)
        assert "authentik ● ok" in screen.header
        assert "9 s behind" in screen.header
        assert "next tick 0:55" in screen.header
        assert "ingesting here" in screen.header
        assert "sqlite audit.db" in screen.header
        assert screen.header.rstrip().endswith("UTC")
        assert "● following   300 events" in screen.filter
        assert screen.rows[screen.cursor_line].startswith("▶")
        behind_others = screen.main.timeline.view.layout.hidden
        newest = await screen.stage.store.older(screen.main.browser.query, None, 60)
        newest = [row for row in newest if row.position not in behind_others]
        shown = [row[3:11] for row in screen.rows if row[3:4].isdigit()]
        assert shown == [f"{row.event.at:%H:%M:%S}" for row in newest][: len(shown)]


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 60)])
async def test_every_size_is_filled_and_nothing_sticks_out(tmp_path: Path, size: tuple[int, int]) -> None:
    async with dashboard(tmp_path, size=size, events=60) as screen:
        for word in ("authentik", "● ok", "behind" if "behind" in screen.header else "up to date", "sqlite audit.db"):
            assert word in screen.header
        assert len(screen.rows[0]) == size[0]
        assert screen.main.timeline.size.height >= size[1] - 13


async def test_a_login_is_on_the_screen_right_after_r_which_says_what_it_brought(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        login = screen.stage.simulation.login()
        await screen.press("r")
        await screen.stage.until(lambda: "tick done" in screen.footer, "the end of the tick")
        assert "1 new" in screen.footer
        await screen.settled()
        assert screen.chosen == login["pk"]
        assert login["user"]["username"][:14] in screen.rows[0]


async def test_a_login_comes_by_itself_within_the_interval(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        login = screen.stage.simulation.login()
        await screen.stage.pass_time(61)
        await screen.settled()
        assert screen.chosen == login["pk"]


async def test_paused_the_row_stays_while_counters_go_on_and_space_jumps_back(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("space")
        before, line = screen.chosen, screen.cursor_line
        assert "paused" in screen.filter
        logins = [screen.stage.simulation.login() for _ in range(3)]
        await screen.stage.pass_time(61)
        await screen.settled()
        assert (screen.chosen, screen.cursor_line) == (before, line)
        assert "+3 new" in screen.filter
        assert "303 events" in screen.filter
        await screen.press("space")
        assert screen.chosen in {login["pk"] for login in logins}
        assert "following" in screen.filter


async def test_what_came_while_paused_is_counted_anew_for_another_filter(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("space")
        for _ in range(3):
            screen.stage.simulation.login()
        await screen.stage.pass_time(61)
        await screen.settled()
        assert "+3 new" in screen.filter
        await screen.press("slash", *"outcome:failure", "enter")
        await screen.settled()
        assert "new" not in screen.filter
        await screen.press("f")
        await screen.settled()
        assert "+3 new" in screen.filter


async def test_a_late_row_lands_in_its_place(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("j", "j", "j", "j")
        here = screen.main.timeline.selected
        assert here is not None
        line = screen.cursor_line
        late = event(1, seconds=0, source="platform", external_id=None, actor_name="latecomer")
        await put_as_other(screen, replace(late, at=here.event.at))
        await screen.stage.shown()
        await screen.settled()
        assert screen.cursor_line == line
        assert "latecomer" in screen.rows[line - 1]
        assert "authentik." in screen.body


async def put_as_other(screen: Screen, made: Any) -> None:
    """Another program writes into the same store while this one ingests."""
    store = screen.stage.store
    status = await store.status("authentik")
    assert status.lease is not None
    await store.commit([made], (), await store.state("authentik"), status.lease)


async def test_moving_by_keys(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        order = [line.row.event.external_id for line in screen.main.timeline.view.lines if isinstance(line, RowLine)]
        await screen.press("j", "down", "k")
        assert screen.chosen == order[1]
        await screen.press("pagedown")
        height = screen.main.timeline.view.height
        assert screen.chosen == order[height]
        await screen.press("pageup")
        assert screen.chosen == order[1]
        await screen.press("ctrl+d")
        assert screen.chosen == order[1 + round((height - 1) / 2)]
        await screen.press("ctrl+u")
        assert screen.chosen == order[1]
        await screen.press("right", "left")
        assert screen.chosen == order[1]
        await screen.press("g")
        assert (screen.chosen, screen.main.timeline.following) == (order[0], True)
        await screen.press("k")
        assert screen.main.timeline.following
        await screen.press("j", "k", "k")
        assert screen.main.timeline.following
        await screen.press("home")
        assert screen.chosen == order[0]


async def test_the_beginning_of_the_log_is_reached_and_said(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press("G")
        assert "beginning of the log" in screen.body
        oldest = (await screen.stage.store.newer(screen.main.browser.query, None, 1))[0]
        assert screen.chosen == oldest.event.external_id
        await screen.press("g", "end")
        assert screen.chosen == oldest.event.external_id


async def test_paging_down_reads_every_row_to_the_beginning(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        seen = {screen.chosen}
        for _ in range(60):
            await screen.pilot.press("pagedown")
            await screen.pilot.pause(0.02)
            seen |= {row.event.external_id for row in screen.main.timeline.view.window.newest_first()}
            if "beginning of the log" in screen.body:
                break
        assert len(seen) == 900


async def test_the_wheel_and_a_click_move_and_a_double_click_opens(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        line = screen.row_line(5)
        await screen.pilot.click("#timeline", offset=(20, line + 1))
        await screen.settled()
        assert screen.cursor_line == line
        assert "paused" in screen.filter
        await screen.pilot.click("#timeline", offset=(20, line + 1), times=2)
        await screen.settled()
        assert screen.main.detail.display


async def test_a_filter_is_typed_applied_counted_and_cleared(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"verb:login")
        assert "enter apply" in screen.footer
        await screen.press("enter")
        verbs = {row[14:40].split()[0] for row in screen.rows if row[3:4].isdigit()}
        assert verbs == {"login"}
        assert " verb:login " in screen.filter
        matching = await screen.stage.store.count(screen.main.browser.query)
        assert f"{matching} of 300" in screen.filter
        await screen.press("escape")
        assert "no filter" in screen.filter


async def test_a_row_that_comes_beside_the_count_of_a_filter_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(tmp_path) as screen:

        def platform_login(n: int) -> AuditEvent:
            return event(n, action="platform.login", source="platform", external_id=None)

        store = screen.main.setup.store
        count, late = store.count, [platform_login(1)]

        async def count_late(query: Query) -> int:
            if late:
                await put(screen.stage.store, [late.pop()], source="platform")
                await screen.main.feed.refresh()
                await put(screen.stage.store, [platform_login(2)], source="platform")
            return await count(query)

        monkeypatch.setattr(store, "count", count_late)
        await screen.press("slash", *"verb:login", "enter")
        await screen.settled()
        matching = await count(screen.main.browser.query)
        await screen.main.feed.refresh()
        assert f"{matching} of 302" in screen.filter


async def test_a_fault_in_a_filter_is_shown_at_its_place_and_enter_does_not_take_it(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"verb:login tennant:x")
        fault = screen.main.query_one(PromptNotes)
        assert fault.shown
        caret, *words = fault.texts()
        assert caret.index("^") == len(" /  ") - 0 + len("verb:login ")
        assert "did you mean tenant" in " ".join(words)
        await screen.press("enter")
        assert screen.main.prompt.is_open
        await screen.press("escape")
        assert not fault.shown
        assert "no filter" in screen.filter


async def test_while_something_is_typed_tab_changes_nothing_and_a_click_elsewhere_ends_it(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("colon", "tab", "shift+tab", "2", "h")
        assert screen.main.prompt.is_open
        line = screen.row_line(5)
        await screen.pilot.click("#timeline", offset=(20, line + 1))
        await screen.settled()
        assert not screen.main.prompt.is_open
        assert screen.main.timeline.has_focus
        assert screen.cursor_line == line
        await screen.press("slash", *"x", "escape")
        assert not screen.main.prompt.is_open


async def test_the_cursor_shows_whether_keys_go_to_the_timeline(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        for keys, sign in (((), "▶"), (("slash",), "▷"), (("escape",), "▶"), (("5",), "▷"), (("escape",), "▶")):
            await screen.press(*keys)
            assert screen.rows[0].startswith(sign)


async def test_nothing_found_says_so_and_how_to_go_back(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"tenant:nowhere verb:logni", "enter")
        assert "Nothing matches tenant:nowhere verb:logni" in screen.body
        assert "⌫ drops the last term, f turns all off, esc clears them" in screen.body
        assert "no event has the tenant nowhere" in screen.body
        assert "no event has the verb logni: did you mean login?" in screen.body
        await screen.press("j", "k", "pagedown", "G", "enter", "y", "escape", "t", "e")
        await screen.press("escape", "escape")
        assert "no filter" in screen.filter


async def test_terms_are_added_from_the_row_turned_around_and_taken_away(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        row = screen.main.timeline.selected
        assert row is not None
        await screen.press("v")
        assert f" verb:{row.event.action} " in screen.filter
        await screen.press("t")
        assert f" tenant:{row.event.tenant_slug or 'none'} " in screen.filter
        assert screen.chosen == row.event.external_id
        await screen.press("exclamation_mark")
        assert f" !tenant:{row.event.tenant_slug or 'none'} " in screen.filter
        await screen.press("backspace")
        assert "tenant:" not in screen.filter
        await screen.press("backspace")
        await screen.press("a")
        assert " actor:" in screen.filter
        await screen.press("backspace", "i")
        assert " ip:" in screen.filter


async def test_the_filter_goes_off_and_on_and_the_row_stays(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"verb:login", "enter", "j", "j", "j")
        chosen, line = screen.chosen, screen.cursor_line
        await screen.press("f")
        assert "off: verb:login" in screen.filter
        assert (screen.chosen, screen.cursor_line) == (chosen, line)
        await screen.press("f")
        assert " verb:login " in screen.filter
        assert screen.chosen == chosen


@pytest.mark.parametrize("key", ["exclamation_mark", "backspace", "f"])
async def test_without_a_filter_its_keys_say_so(tmp_path: Path, key: str) -> None:
    async with dashboard(tmp_path, events=20) as screen:
        await screen.press(key)
        assert "there is no filter" in screen.footer


async def test_jumps_to_times_failures_and_impersonations(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press("colon", *"3h", "enter")
        row = screen.main.timeline.selected
        assert row is not None
        assert (screen.stage.time.wall() - row.event.at).total_seconds() >= 3 * 3600
        await screen.press("g", "e")
        assert (failure := screen.main.timeline.selected) is not None
        assert failure.event.outcome in ("failure", "denied")
        await screen.press("e", "E")
        assert screen.chosen == failure.event.external_id
        await screen.press("g", "m")
        assert (start := screen.main.timeline.selected) is not None
        assert start.event.raw_action == "impersonation_started"
        await screen.press("M")
        assert "no newer impersonation here" in screen.footer
        await screen.press("colon", *"nonsense")
        assert "try 14:30" in " ".join(screen.main.query_one(PromptNotes).texts())
        await screen.press("escape")


async def test_the_detail_follows_the_selection_and_copies_its_json(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("enter")
        assert "as stored" in screen.detail
        assert f'"externalId": "{screen.chosen}"'[:40] in screen.detail.replace("\n ", "")
        await screen.press("right")
        assert f'"{screen.chosen}"'[:30] in screen.detail.replace("\n ", "")
        written: list[str] = []
        driver = screen.stage.app._driver
        assert driver is not None
        driver.write = written.append  # type: ignore[method-assign]  # what goes to the terminal
        await screen.press("y", "y")
        sequence = next(text for text in written if text.startswith("\x1b]52;c;"))
        copied = json.loads(base64.b64decode(sequence.removeprefix("\x1b]52;c;").rstrip("\a")))
        assert copied["externalId"] == screen.chosen
        assert "sent to the terminal" in screen.footer
        await screen.press("escape")
        assert not screen.main.detail.display


async def test_a_detail_that_is_opened_again_begins_at_its_top(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("enter", "tab", "end")
        assert screen.main.detail.view.scroll_offset.y > 0
        await screen.press("escape", "enter")
        assert screen.main.detail.view.scroll_offset.y == 0


async def test_at_80_columns_the_detail_takes_the_timelines_place(tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=(80, 24)) as screen:
        await screen.press("j", "enter")
        assert not screen.main.timeline.display
        assert screen.main.detail.size.width == 80
        assert "esc close" in screen.footer
        assert "authentik" in screen.header
        await screen.press("pagedown", "down")
        await screen.pilot.resize_terminal(130, 40)
        await screen.settled()
        assert screen.main.timeline.display
        assert screen.main.detail.display
        await screen.pilot.resize_terminal(80, 24)
        await screen.settled()
        await screen.press("escape")
        assert screen.main.timeline.display
        assert screen.main.timeline.has_focus


async def test_each_pane_opens_by_its_key_and_keeps_its_height(tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=(80, 24)) as screen:
        assert screen.main.dock.open is None
        await screen.press("1")
        assert "last event" in screen.pane
        height = screen.main.dock.size.height
        await screen.press("2")
        assert "startup" in screen.pane
        await screen.press("3")
        assert "login_failed" in screen.pane
        assert "▶" in screen.pane
        await screen.press("4")
        assert "a group names the tenant" in screen.pane
        assert "selected:" in screen.pane
        assert screen.main.dock.size.height == height
        await screen.press("tab", "down", "tab")
        await screen.press("4")
        assert not screen.main.dock.display
        assert screen.main.timeline.has_focus


async def test_escape_leads_from_a_pane_back_to_the_timeline_and_leaves_the_filter(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"outcome:failure", "enter", "4", "tab")
        assert screen.main.dock.view.has_focus
        await screen.press("escape")
        assert screen.main.timeline.has_focus
        assert screen.main.dock.open == "tenants"
        assert screen.main.browser.query.terms
        await screen.press("escape")
        assert not screen.main.browser.query.terms


async def test_a_tab_of_a_pane_can_be_clicked(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        assert screen.main.dock.open == "cursor"
        await screen.pilot.click("Tabs", offset=(16, 0))
        await screen.settled()
        assert screen.main.dock.open == "ticks"


async def test_times_are_shown_in_utc_local_time_or_as_ages(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("z", "z")
        assert screen.header.rstrip().endswith("ages, UTC")
        line = screen.cursor_line
        assert screen.rows[line][3:11].strip().split()[-1] in {"s", "min", "h", "d", "now"}
        await screen.press("z")
        assert screen.header.rstrip().endswith("UTC")
        assert screen.rows[line][5] == ":"


async def test_help_lists_every_key_and_closes(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        await screen.press("question_mark")
        help_screen = screen.stage.app.screen
        assert isinstance(help_screen, HelpScreen)
        text = "\n".join(help_screen.query_one(LineWidget).texts())
        for words in ("Pull from the source now", "Only the tenant of the selected row", "field:value", "not a full"):
            assert words in text
        await screen.press("j", "k", "escape")
        assert screen.stage.app.screen is screen.main


async def test_the_palette_does_what_the_keys_do(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        await screen.press("ctrl+p", "pagedown", "pageup")
        await screen.press(*"ticks")
        found = screen.stage.app.screen.query_one(CommandList)
        await screen.stage.until(lambda: found.option_count == 1 and found.highlighted == 0, "the one that fits")
        await screen.press("enter")
        await screen.stage.until(lambda: screen.main.dock.open == "ticks", "the pane")


async def test_q_ends_it_and_gives_the_lease_back(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=30) as screen:
        await screen.press("q")
    assert screen.stage.app.return_code == 0
    assert screen.stage.ingester is not None
    assert screen.stage.ingester.state.phase == "stopped"


async def test_a_source_that_fails_is_told_in_words_and_it_recovers_by_itself(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        screen.stage.simulation.server.faults.set("error_500", count=None)
        await screen.stage.pass_time(61)
        assert "✗ failing" in screen.header
        assert "Newer events are not on this screen" in screen.banner
        assert "retry" in screen.header
        screen.stage.simulation.server.faults.clear()
        login = screen.stage.simulation.login()
        await screen.stage.pass_time(20)
        await screen.settled()
        assert "● ok" in screen.header
        assert screen.banner == ""
        assert screen.chosen == login["pk"]


async def test_a_source_that_never_answered_leaves_no_peaceful_screen(tmp_path: Path) -> None:
    with Stage(tmp_path, events=10) as stage:
        stage.simulation.server.faults.set("error_500", count=None)
        async with stage.app.run_test(size=(80, 24)) as pilot:
            screen = Screen(stage, pilot)
            await stage.until(lambda: stage.ingester is not None and stage.ingester.state.failures > 0, "a failed tick")
            await stage.shown()
            await screen.settled()
            assert "✗ never reached" in screen.header
            assert "No events yet." in screen.body
            assert screen.banner != ""
        await stage.app.shut_down()


async def test_watching_only_sends_nothing_and_says_so(tmp_path: Path) -> None:
    with Stage(tmp_path, events=10, ingest=False) as stage:
        async with stage.app.run_test(size=(120, 40)) as pilot:
            screen = Screen(stage, pilot)
            await stage.until(lambda: stage.app.main.browser.opened, "the first page")
            await stage.shown()
            await screen.press("r")
            assert "only watches" in screen.footer
            assert "watch only" in screen.header
            assert "Nobody ingests into this store" in screen.banner
        await stage.app.shut_down()


async def test_a_stretch_not_read_yet_is_a_gap_that_goes_when_it_is_filled(tmp_path: Path) -> None:
    with Stage(tmp_path, events=400, budget=Budget(max_pages=1, page_size=50)) as stage:
        async with stage.app.run_test(size=(120, 40)) as pilot:
            screen = Screen(stage, pilot)
            await stage.until(lambda: stage.ingester is not None and stage.ingester.state.last is not None, "a tick")
            await stage.quiet()
            await stage.shown()
            await screen.press("G")
            assert "not read yet: everything before" in screen.body
            assert re.search(r"about 3\d\d events", screen.body)
            await stage.caught_up()
            await screen.press("g", "G")
            assert "not read yet" not in screen.body
            assert "beginning of the log" in screen.body
            assert len(screen.main.browser._reader.window) <= 400
        await stage.app.shut_down()


async def test_hostile_names_put_no_control_byte_on_the_screen(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=20) as screen:
        hostile = event(
            3,
            external_id="x\x1b[31m",
            actor_name="\x1b]0;owned\x07\x1b[2J[bold]x[/bold]",
            actor_email="\u202egro",
            tenant_slug="\x9b1m",
            actor_ip="\x1b[5m",
            metadata={"message": "[@click=app.quit]x[/]\x1b", "userAgent": "\x1bP", "rawAction": "custom_\x1b[x"},
        )
        await put_as_other(screen, hostile)
        await screen.stage.shown()
        await screen.settled()
        await screen.press("enter", "4")
        await screen.press("a", "slash")
        await screen.settled()
        for y in range(40):
            for segment in screen.stage.app.screen._compositor.render_strips()[y]:
                assert segment.control is None
                assert segment.text.isprintable(), repr(segment.text)
        assert "cannot be typed" in " ".join(
            text for line in screen.main.prompt.query(LineWidget) for text in line.texts()
        )
        await screen.press("escape", "3", "y", "y", "escape")


async def test_colours_go_round_and_are_said(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        seen = []
        for _ in range(3):
            await screen.press("T")
            seen.append(screen.footer.strip())
            await screen.settled()
            ground = screen.main.rich_style.bgcolor
            for widget in (screen.main.timeline, *screen.main.query(LineWidget)):
                if widget.display and widget.size.height:
                    last = [segment.style for segment in widget.render_line(widget.size.height - 1)][-1]
                    assert last is not None
                    assert last.bgcolor == ground, widget
        assert seen == ["› colours: light", "› colours: ansi", "› colours: dark"]
        assert screen.stage.app.theme == "dark"


async def test_the_volume_goes_to_its_bars_by_key_and_click(tmp_path: Path) -> None:
    async with dashboard(tmp_path, rate=0.05) as screen:
        await screen.stage.pass_time(1800, step=10)
        volume = screen.main.volume_line
        assert "last hour" in volume.texts()[0]
        await screen.press("b", "b")
        assert "last 24 h" in volume.texts()[0]
        await screen.press("b", "b", "b", "left_square_bracket")
        await screen.settled()
        first = screen.main.timeline.selected
        assert first is not None
        assert not screen.main.timeline.following
        await screen.press("left_square_bracket")
        await screen.settled()
        second = screen.main.timeline.selected
        assert second is not None
        assert second.event.at < first.event.at
        await screen.press("right_square_bracket")
        assert screen.main.timeline.selected == first
        text = volume.texts()[0]
        bar = next(at for at, char in enumerate(text) if char in "▁▂▃▄▅▆▇█")
        await screen.pilot.click("#volume", offset=(bar, 0))
        await screen.settled()
        clicked = screen.main.timeline.selected
        assert clicked is not None
        assert clicked.event.at < second.event.at


async def test_the_top_pane_filters_by_what_is_chosen(tmp_path: Path) -> None:
    async with dashboard(tmp_path, rate=0.05) as screen:
        await screen.stage.pass_time(1800, step=10)
        await screen.press("5")
        await screen.stage.shown()
        await screen.settled()
        shown = "\n".join(screen.main.dock.top.texts())
        assert shown.splitlines()[0].split() == ["tenant", "verb", "actor", "address"]
        await screen.press("right", "right", "enter")
        chosen = screen.main.browser.chips
        assert [chip.split(":")[0] for chip in chosen] == ["actor"]
        await screen.press("left", "down", "enter")
        assert [chip.split(":")[0] for chip in screen.main.browser.chips] == ["actor", "verb"]
        await screen.press("escape")
        assert screen.main.timeline.has_focus
        await screen.press("5")
        assert screen.main.dock.open is None


async def test_the_help_begins_with_the_part_in_focus(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        for keys, first in (((), "Moving"), (("5",), "In the top pane"), (("escape", "enter"), "Event")):
            await screen.press(*keys, "question_mark")
            lines = screen.stage.app.screen.query_one("#help-lines LineWidget", LineWidget).texts()
            assert lines[0].strip() == first
            assert sum(line.strip() == "In the top pane" for line in lines) == 1
            await screen.press("escape")


async def test_rows_that_come_while_it_ends_find_nobody_and_break_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def late(_: SqliteFollower) -> Changes:
        asked.set()
        await ended.wait()
        return Changes((Row(Position(1, "1"), event(1)),))

    with Stage(tmp_path, ingest=False) as stage:
        async with stage.app.run_test(size=(120, 40)):
            await stage.until(stage.app.main.painted.is_set, "the first frame")
            monkeypatch.setattr(SqliteFollower, "poll", late)
            stage.app.main.feed.hurry = True
            await asked.wait()
            stage.app.exit()
        ended.set()
        await asyncio.sleep(0.05)
        await stage.app.shut_down()
    assert stage.app.return_code == 0
