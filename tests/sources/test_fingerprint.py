"""The digest of what the source said: another one for each edit, the same for what is never kept."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from dezky_audit_tui.model.finding import DIGEST
from dezky_audit_tui.sources.authentik.fingerprint import fingerprint
from dezky_audit_tui.sources.authentik.wire import WireEvent
from tests.sources.replies import all_recorded, changed, one, recorded

Path = tuple[str | int, ...]
TOLD = ("user", "action", "app", "context", "client_ip")
ARGS: Path = ("context", "http_request", "args")


def digest(event: dict[str, Any]) -> str:
    return fingerprint(WireEvent.model_validate(event))


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from leaves(each, (*path, key))
    if not isinstance(value, dict | list):
        yield path


def edited(event: dict[str, Any], path: Path) -> dict[str, Any]:
    copy = deepcopy(event)
    inside: Any = copy
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = "edited"
    return copy


def test_an_edit_of_anything_that_may_be_kept_changes_it_and_of_nothing_else() -> None:
    for event in all_recorded():
        before = digest(event)
        for path in leaves({name: event.get(name) for name in TOLD}):
            never_kept = path == ("context", "body") or path[:3] == ARGS
            assert (digest(edited(event, path)) == before) == never_kept, path


def test_a_name_of_an_argument_counts_and_when_the_event_expires_does_not() -> None:
    event = next(event for event in all_recorded() if event["context"].get("http_request", {}).get("args"))
    other = deepcopy(event)
    other["context"]["http_request"]["args"]["another"] = "x"
    assert digest(other) != digest(event)
    assert digest(changed(event, expires="2031-01-01T00:00:00Z", brand={"name": "other"})) == digest(event)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\U0001f600", "é"])
def test_whatever_stands_in_a_text_it_is_the_same_for_the_same_text(text: str) -> None:
    event = changed(recorded("2025.12.4", "login")[0], context={"note": text})
    assert digest(event) == digest(deepcopy(event)) != digest(changed(event, context={"note": text * 2}))


def test_it_is_kept_with_the_event_also_where_nothing_else_of_it_fits() -> None:
    event = changed(recorded("2025.12.4", "login")[0], action="custom_x", context={"note": {"k": "x" * 400}})
    event["context"] |= {f"n{number}": "y" * 450 for number in range(60)}
    assert one(event).metadata[DIGEST] == digest(event)
