"""Moments: always aware and UTC. Authentik counts microseconds, stores and JSON milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


def parse_instant(text: str) -> datetime:
    """An ISO 8601 moment, the fraction present or not, as aware UTC with microseconds.

    Raises ValueError where `text` is none, names no zone, or lies outside of the years 1 to 9999.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no time zone in {text[:40]!r}")
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"out of range: {text[:40]!r}") from error


def instant_text(moment: datetime) -> str:
    """As JSON shows it: `2026-11-24T08:15:42.771Z`, always UTC with milliseconds (cut, not rounded)."""
    return _utc(moment).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def exact_text(moment: datetime) -> str:
    """As Authentik writes it: microseconds, and no fraction where it is zero."""
    return _utc(moment).isoformat()[: -len("+00:00")] + "Z"


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, cut."""
    return (moment - EPOCH) // _MS


def ceil_ms(moment: datetime) -> int:
    """Milliseconds since 1970, the next whole one."""
    return -((EPOCH - moment) // _MS)


def from_ms(milliseconds: int) -> datetime:
    """The moment that many milliseconds after 1970."""
    return EPOCH + milliseconds * _MS


def floor_ms(moment: datetime) -> datetime:
    """`moment` as a store keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
