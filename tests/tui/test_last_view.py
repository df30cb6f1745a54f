from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui import logs
from dezky_audit_tui.tui.last_view import LastView, read_view, write_view
from dezky_audit_tui.tui.prompts.history import kept_texts
from tests.tui.screen import dashboard

NAMES = ["zone", "theme", "pane", "filter", "off", "filters", "searches"]
VIEW = LastView(
    filter='tenant:acme actor:"a\u202eb"',
    off=True,
    zone="local",
    theme="light",
    pane="closed",
    filters=("a", "b"),
    searches=("c",),
)


def test_what_was_written_is_read_and_only_its_owner_may(tmp_path: Path) -> None:
    file = tmp_path / "state" / "view.json"
    write_view(file, VIEW)
    write_view(file, VIEW)
    assert read_view(file) == VIEW
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["view.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"zone": ["utc"]}', "\udcff", "[" * 60_000])
def test_a_broken_file_is_ignored(tmp_path: Path, text: str) -> None:
    file = tmp_path / "view.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    file.chmod(0o600)
    assert read_view(file) == LastView()


def test_a_file_that_others_may_write_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "view.json"
    write_view(file, VIEW)
    file.chmod(0o622)
    assert read_view(file) == LastView()


@pytest.mark.parametrize("name", NAMES)
def test_one_wrong_value_leaves_the_others(tmp_path: Path, name: str) -> None:
    file = tmp_path / "view.json"
    write_view(file, VIEW)
    data = json.loads(file.read_text()) | {name: 7}
    file.write_text(json.dumps(data))
    read = read_view(file)
    assert getattr(read, name) == getattr(LastView(), name)
    assert sum(getattr(read, each) == getattr(VIEW, each) for each in data) == len(data) - 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.dictionaries(st.sampled_from(NAMES), inner) | st.lists(inner),
    )
)
def test_no_json_makes_it_fail(tmp_path_factory: Any, data: Any) -> None:
    file = tmp_path_factory.mktemp("views") / "view.json"
    file.write_text(json.dumps(data))
    file.chmod(0o600)
    assert isinstance(read_view(file), LastView)


def test_a_folder_that_cannot_be_made_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    write_view(tmp_path / "taken" / "view.json", VIEW)
    assert read_view(tmp_path / "taken" / "view.json") == LastView()


def test_the_newest_texts_are_kept_and_what_other_runs_have_written_too() -> None:
    assert kept_texts(["a", "b", "c"], ["b", "d"], lambda _: True) == ("a", "c", "b", "d")
    assert kept_texts([], map(str, range(300)), lambda _: True) == tuple(map(str, range(200, 300)))
    assert kept_texts(["a"], ["with hunter2 in it", "b"], lambda text: "hunter2" not in text) == ("a", "b")


@given(st.lists(st.text()), st.lists(st.text() | st.text(min_size=400, alphabet="\U0001f600", max_size=2_000)))
def test_what_is_kept_fits_the_file(before: list[str], here: list[str]) -> None:
    kept = kept_texts(before, here, lambda _: True)
    assert len(json.dumps(kept)) < 25_000
    assert set(kept) <= {*before, *here}
    assert kept_texts(kept, [], lambda _: True) == kept


async def test_what_was_typed_is_there_again_at_the_next_start(tmp_path: Path) -> None:
    view_file = tmp_path / "state" / "view.json"
    logs.hide(["hunter2-the-token"])
    try:
        async with dashboard(tmp_path / "first", events=30, view_file=view_file) as screen:
            await screen.press("slash", *"outcome:failure", "enter")
            await screen.press("slash", *(["backspace"] * 15), *"hunter2-the-token", "enter", "escape")
            await screen.press("s", *"mallory", "enter")
    finally:
        logs.stop_logging()
    assert "hunter2" not in view_file.read_text()
    assert view_file.stat().st_mode & 0o777 == 0o600
    async with dashboard(tmp_path / "second", events=30, view_file=view_file) as screen:
        await screen.press("slash", "up")
        assert screen.main.prompt.text == "outcome:failure"
        await screen.press("escape", "s", "up")
        assert screen.main.prompt.text == "mallory"
