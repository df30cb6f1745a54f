"""The bare loop: the same pages over the same HTTP, decoded by msgspec, put into SQLite in memory, and nothing else.

The token comes on stdin; one line of JSON on stdout: events a second with HTTP, and of the same pages without it.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time


async def fetch(url: str, token: str, put: Putter) -> list[bytes]:
    """Every page, one after the other."""
    import httpx

    bodies: list[bytes] = []
    page = 1
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        while page:
            params = {"ordering": "-created,-pk", "page": str(page), "page_size": "100"}
            reply = await client.get("/api/v3/events/events/", params=params)
            bodies.append(reply.content)
            page = put(reply.content)
    return bodies


class Putter:
    """Decodes a page and inserts its rows; returns the number of the next page."""

    def __init__(self) -> None:
        import msgspec

        raw, text = msgspec.Raw, str | None
        event = msgspec.defstruct(
            "Event",
            [
                *(("pk", str), ("created", str), ("action", str)),
                *(("app", text), ("user", raw), ("context", raw), ("client_ip", text)),
            ],
        )
        place = msgspec.defstruct("Place", [("next", int)])
        page = msgspec.defstruct("Page", [("pagination", place), ("results", list[event])])
        self._decode = msgspec.json.Decoder(page).decode
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.execute(
            "CREATE TABLE events (pk TEXT PRIMARY KEY, created, action, app, user, context, client_ip)"
        )
        self.rows = 0

    def __call__(self, body: bytes) -> int:
        """One page."""
        page = self._decode(body)
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(e.pk, e.created, e.action, e.app, bytes(e.user), bytes(e.context), e.client_ip) for e in page.results],
        )
        self._connection.execute("COMMIT")
        self.rows += len(page.results)
        following: int = page.pagination.next
        return following


def main(url: str, token: str) -> None:
    """Both rates, or `null` where msgspec is not here."""
    try:
        put = Putter()
    except ImportError:
        print("null")
        return
    began = time.monotonic()
    bodies = asyncio.run(fetch(url, token, put))
    with_http = put.rows / (time.monotonic() - began)
    again = Putter()
    began = time.monotonic()
    for body in bodies:
        again(body)
    print(json.dumps({"rate": with_http, "memory": again.rows / (time.monotonic() - began)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin.read().strip())
