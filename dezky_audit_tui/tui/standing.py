"""How things stand at this moment: what the store said last, and what the ingester of this program says of itself."""

from __future__ import annotations

from dezky_audit_tui.tui.feed import News
from dezky_audit_tui.tui.setup import Setup
from dezky_audit_tui.tui.supervise import Supervisor
from dezky_audit_tui.tui.words.health import Facts


def facts_now(setup: Setup, supervisor: Supervisor, news: News) -> Facts:
    """All that header, banner, panes and the lines without a screen are made of."""
    return Facts(
        now=setup.clock(),
        interval_s=setup.interval_s,
        status=news.status,
        ticks=news.ticks,
        good=news.good,
        ingester=supervisor.state,
        watch_only=supervisor.watch_only,
        trouble=supervisor.trouble,
        store_error=news.error,
        stored=setup.source_name in news.sources,
    )
