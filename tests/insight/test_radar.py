"""The action map against what was seen."""

from __future__ import annotations

from dezky_audit_tui.insight.radar import radar_of
from dezky_audit_tui.sources.authentik.action_map import VERBS
from dezky_audit_tui.store.store import ActionCount
from tests.insight.samples import at
from tests.sources.replies import all_recorded, translated


def counts() -> list[ActionCount]:
    """What the recorded events make, as a store counts them."""
    found: dict[str, ActionCount] = {}
    for each in translated(*all_recorded()):
        raw = each.raw_action or ""
        old = found.get(raw)
        first = each.at if old is None else min(old.first_at, each.at)
        found[raw] = ActionCount(each.action, raw, each.unmapped, (old.count if old else 0) + 1, first, each.at)
    return list(found.values())


def test_what_the_recordings_hold_beyond_the_map_is_on_the_radar_and_what_they_lack_is_told() -> None:
    radar = radar_of(counts(), VERBS)
    assert {"custom_policy_note", "custom_", "policy_exception", "email_sent"} <= {each.raw for each in radar.unmapped}
    assert not {each.raw for each in radar.unmapped} & VERBS.keys()
    assert radar.never_seen == {}
    seen_little = radar_of([each for each in counts() if each.raw != "secret_rotate"], VERBS)
    assert seen_little.never_seen == {"secret_rotate": "authentik.secret_rotated"}


def test_the_latest_to_appear_come_first_and_a_shift_has_its_own() -> None:
    made = [ActionCount(f"authentik.x{number}", f"x{number}", True, 3, at(number), at(99)) for number in (5, 1, 9)]
    radar = radar_of([*made, ActionCount("authentik.login", "login", False, 7, at(2), at(99))], VERBS)
    assert [each.raw for each in radar.unmapped] == ["x9", "x5", "x1"]
    assert [each.raw for each in radar.new_between(at(2), at(9))] == ["x5"]
