"""Holding the lease: taken, renewed while it is held, and trusted only for 0.8 of its life by the local clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from dezky_audit_tui.errors import LeaseLost, StoreError
from dezky_audit_tui.store.store import REQUEST_S, Lease, Store

LEASE_S = 30.0
"""How long a lease lives without being renewed."""
RENEW_S = 10.0
_TRUSTED = 0.8
_LOOK_S = 0.25

Sleep = Callable[[float], Awaitable[object]]


class LeaseKeeper:
    """The lease of one source on one store. `monotonic` counts seconds and never goes back."""

    def __init__(
        self, store: Store, source: str, owner: str, *, monotonic: Callable[[], float], sleep: Sleep = asyncio.sleep
    ) -> None:
        self._store = store
        self._source = source
        self.owner = owner
        self._monotonic = monotonic
        self._sleep = sleep
        self._lease: Lease | None = None
        self._taken_at = 0.0

    async def acquire(self) -> bool:
        """Whether it is ours now. Raises a StoreError where the store does not answer."""
        asked_at = self._monotonic()
        self._lease = await self._store.acquire_lease(self._source, self.owner, LEASE_S)
        self._taken_at = asked_at
        return self._lease is not None

    def current(self) -> Lease:
        """The lease, for a write that starts now. Raises LeaseLost where it can't be trusted any more.

        The local clock counts from before the store was asked, so that a program that slept and woke knows it.
        """
        if self._lease is None:
            raise LeaseLost("the lease was lost to another ingester; this one goes on when it is free again")
        if self._monotonic() - self._taken_at > LEASE_S * _TRUSTED:
            raise LeaseLost("the lease could not be renewed in time; this ingester takes it again when it can")
        return self._lease

    async def renew(self) -> None:
        """Prolong it. Raises LeaseLost where it is another's by now, StoreError where the store does not answer."""
        if self._lease is None:
            return
        held, asked_at = self._lease, self._monotonic()
        try:
            renewed = await self._store.renew_lease(held, LEASE_S)
        except LeaseLost:
            if self._lease is held:
                self._lease = None
            raise
        # It may have been passed on meanwhile.
        if self._lease is held:
            self._lease, self._taken_at = renewed, asked_at

    async def pass_on(self) -> str | None:
        """The new holder, where another asked for the lease; None where nobody did, and it is ours still.

        Raises LeaseLost where it can't be trusted any more, StoreError where the store does not answer.
        """
        owner = await self._store.pass_lease(self.current(), LEASE_S)
        if owner is not None:
            self._lease = None
        return owner

    async def await_turn(self, patience_s: float) -> bool:
        """Whether it is ours, now or within `patience_s`: whoever holds it is asked to pass it on between two ticks.

        Raises a StoreError where the store does not answer.
        """
        began = self._monotonic()
        asked_at: float | None = None
        try:
            while not await self.acquire():
                at = self._monotonic()
                if at - began >= patience_s:
                    return False
                if asked_at is None or at - asked_at > REQUEST_S / 4:
                    await self._store.request_lease(self._source, self.owner)
                    asked_at = at
                await self._sleep(_LOOK_S)
            return True
        finally:
            if asked_at is not None:
                with suppress(StoreError):
                    await self._store.withdraw_request(self._source, self.owner)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Renews in the background while the block runs, and gives the lease back at its end."""
        renewing = asyncio.create_task(self._renew_for_ever())
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            await self._release()

    async def _renew_for_ever(self) -> None:
        while self._lease is not None:
            await self._sleep(RENEW_S)
            # What goes wrong here shows in `current`: a store that is away for long makes the lease untrusted.
            with suppress(StoreError):
                await self.renew()

    async def _release(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            # A store that is gone lets the lease expire by itself.
            with suppress(StoreError):
                await self._store.release_lease(lease)
