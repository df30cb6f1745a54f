"""What to say where a filter finds nothing: a header alone looks like peace, and may be a typing error."""

from __future__ import annotations

import sys
from collections.abc import Collection

from dezky_audit_tui.cli.options import PROG
from dezky_audit_tui.model.query import Field, Query
from dezky_audit_tui.model.query_unknown import listed_fields, unknown_text, unknown_values
from dezky_audit_tui.model.query_words import shown
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.sources.authentik.action_map import VERBS
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.text import visible


async def tell_nothing(store: Store, query: Query, settings: Settings) -> None:
    """One line on stderr: that nothing matches, and which values of the filter no event has."""
    sys.stderr.write(f"{PROG}: {visible(await _why(store, query, settings))}\n")


async def _why(store: Store, query: Query, settings: Settings) -> str:
    if not any((await store.counts()).values()):
        return f"there is no event yet in {store.name}; tick, ingest or the dashboard bring them"
    known = {field: await _known(store, field, settings) for field in sorted(listed_fields(query))}
    unknown = unknown_values(query, known)
    return "; ".join([f"nothing matches {shown(query.text)}", *map(unknown_text, unknown)])


async def _known(store: Store, field: Field, settings: Settings) -> Collection[str]:
    """Values that events have, or may have any day."""
    match field:
        case "tenant":
            counts = await store.tenant_counts()
            return {*counts.tenants, *await store.tenants(), *settings.audit_tenants}
        case "verb":
            return {*(count.action for count in await store.action_counts()), *VERBS.values()}
        case _:
            return set(await store.counts())
