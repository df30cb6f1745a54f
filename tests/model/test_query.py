"""What a filter says of itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dezky_audit_tui.model.query_parse import parse_query

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "may_look_in_vain"),
    [
        ("", False),
        ("since:2h", False),
        ("source:authentik since:2h until:1h", False),
        ("tenant:none", False),
        ("verb:authentik.login", False),
        ("verb:login", True),
        ("verb:authentik.*", True),
        ("tenant:acme,globex", True),
        ("!tenant:acme", True),
        ("outcome:denied", True),
        ("actor:ana", True),
        ("ip:192.0.2.1", True),
        ("is:unmapped", True),
        ("mallory", True),
        ("target:x since:1h", True),
        ("source:authentik tenant:acme", True),
    ],
)
def test_only_a_filter_that_may_look_in_vain_can_be_stopped(text: str, may_look_in_vain: bool) -> None:
    assert parse_query(text, now=NOW).may_look_in_vain is may_look_in_vain
