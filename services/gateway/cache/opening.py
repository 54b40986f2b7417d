"""Puts the cache together."""

import contextlib
from collections.abc import AsyncIterator

from services.gateway.cache.announcements import Announcements
from services.gateway.cache.currency import Currency
from services.gateway.cache.figures import Figures
from services.gateway.cache.shared_cache import SharedCache
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store
from shared.metrics import Metrics


@contextlib.asynccontextmanager
async def open_cache(settings: GatewaySettings, metrics: Metrics, store: Store) -> AsyncIterator[SharedCache | None]:
    """The cache while the gateway runs; None where it is switched off."""
    if not settings.cache_bytes:
        yield None
        return
    figures, currency = Figures(), Currency()
    metrics.registry.register(figures)
    cache = SharedCache(
        currency,
        figures,
        capacity=settings.cache_bytes,
        largest=settings.cache_largest_bytes,
        wait_seconds=settings.cache_wait_seconds,
        stale_if_error_seconds=settings.cache_stale_if_error_seconds,
        client_seconds=settings.client_idle_seconds,
    )
    try:
        async with Announcements(store, currency, figures).running():
            yield cache
    finally:
        await cache.close()
