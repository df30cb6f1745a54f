"""Look-ups: whether a row on one index's walk has a value that another index knows.

Each index ends in (at, id), and its entries of one moment lie together: to look there takes a third of the time that
reading the row itself takes, which lies among a hundred times as many bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from dezky_audit_tui.model.query import Is, Match, Network, Pattern, Term, Words
from dezky_audit_tui.model.query_match import fold, folded
from dezky_audit_tui.store.sqlite.conditions import (
    ALWAYS,
    FLAGS,
    Sql,
    Value,
    condition_sql,
    every,
    network_range,
    some,
    term_sql,
)
from dezky_audit_tui.text import clean

MOST = 2
"""Values that are looked for one by one; for more, to read the row is as quick."""


def in_index(index: str, condition: Sql) -> Sql:
    """Whether the row is in `index` where `condition` holds, which fixes its leading column (or is a partial one's)."""
    return Sql(
        f"EXISTS (SELECT 1 FROM events AS entry INDEXED BY {index} "  # noqa: S608 - a name of ours
        f"WHERE ({condition.text}) AND entry.at = events.at AND entry.id = events.id)",
        condition.values,
    )


def any_value(index: str, column: str, values: Sequence[Value | None]) -> Sql | None:
    """Whether the row has one of `values` in `column`; None where they are too many."""
    if len(values) > MOST:
        return None
    named = [value for value in values if value is not None]
    parts = []
    if named:
        parts.append(in_index(index, Sql(f"{column} IN ({', '.join('?' * len(named))})", tuple(named))))
    if None in values:
        parts.append(in_index(index, Sql(f"{column} IS NULL")))
    return some(parts)


def term_lookup(term: Term) -> Sql | None:
    """The term's condition, as if it were not negated, from indexes alone; None where the row has to be read."""
    match term.condition:
        case Is(flags):
            return some([in_index(f"events_{flag}", Sql(FLAGS[flag])) for flag in flags])
        case Words():
            return in_index("events_at", condition_sql(term))
        case Network(networks) if all(each.prefixlen == each.max_prefixlen for each in networks):
            return any_value("events_ip", "actor_ip_key", [network_range(each)[0] for each in networks])
        case Match("actor", patterns) if len(patterns) <= MOST:
            parts = [_actor(pattern) for pattern in patterns]
            found = [part for part in parts if part is not None]
            return some(found) if len(found) == len(parts) else None
    return None


def glance(term: Term) -> Sql | None:
    """What the timeline's own index tells of a term, by the words that it holds: all of free text; of an actor or an
    address that its row may fit. None where it tells nothing."""
    match term.condition:
        case Words():
            return term_sql(term)
        case Match("actor" | "ip", patterns) if not term.negated and all(patterns):
            texts = [clean(fold(pattern.text)) for pattern in patterns if pattern is not None]
            return some([Sql("instr(words, ?) > 0", (text,)) for text in texts]) if all(texts) else None
    return None


def in_order(parts: list[Sql]) -> Sql:
    """All of them, each looked at only where those before it hold. SQLite by itself begins with what needs the row."""
    if not parts:
        return ALWAYS
    *first, last = parts
    text = "".join(f"WHEN ({part.text}) IS NOT TRUE THEN 0 " for part in first)
    return Sql(f"CASE {text}ELSE ({last.text}) END", every(parts).values) if first else last


def _actor(pattern: Pattern | None) -> Sql | None:
    columns = ("name", "email")
    if pattern is None:
        return every([in_index(f"events_{each}", Sql(f"actor_{each}_key IS NULL")) for each in columns])
    if pattern.open_start or pattern.open_end:
        return None
    text = clean(folded(pattern).text)
    return some([in_index(f"events_{each}", Sql(f"actor_{each}_key = ?", (text,))) for each in columns])
