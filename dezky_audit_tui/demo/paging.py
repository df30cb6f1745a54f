"""Page arithmetic as Authentik does it: pages from 1, indexes from 1, and 0 for "none"."""

from __future__ import annotations


def paginate(count: int, page: int, size: int) -> dict[str, int] | None:
    """The `pagination` of a reply over `count` rows in pages of `size`, or None where there is no such page.

    An empty list has one empty page.
    """
    total_pages = max(1, -(-count // size))
    if not 1 <= page <= total_pages:
        return None
    return {
        "next": page + 1 if page < total_pages else 0,
        "previous": page - 1,
        "count": count,
        "current": page,
        "total_pages": total_pages,
        "start_index": (page - 1) * size + 1 if count else 0,
        "end_index": min(page * size, count),
    }
