"""Puts the gateway together."""

import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import http_parser

from services.gateway.cache.opening import open_cache
from services.gateway.client.protocol import GatewayServer
from services.gateway.credentials.apikeys import ApiKeys
from services.gateway.credentials.identity import Authenticator
from services.gateway.credentials.jwks import KeySet
from services.gateway.entrance import Entrance
from services.gateway.gateway import Gateway, sample_ratio
from services.gateway.lane import Lane
from services.gateway.limits.limiter import Limiter
from services.gateway.observing import Observer
from services.gateway.operations.board import Board
from services.gateway.operations.health import PlatformHealth
from services.gateway.operations.lifeline import until_lost
from services.gateway.operations.openapi import ApiDescription
from services.gateway.operations.pages import Pages
from services.gateway.operations.probing import Probed
from services.gateway.proxy import Proxy
from services.gateway.routes import Service
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store
from services.gateway.upstreams.balanced import BalancedUpstream
from services.gateway.upstreams.figures import UpstreamCollector
from services.gateway.upstreams.outliers import EjectionRules
from services.gateway.upstreams.replicas import Replicas
from shared.access_log import AccessLog
from shared.cache import BUDGET_MS as REDIS_BUDGET_MS
from shared.cache import open_redis
from shared.client import ServiceClient, client_session
from shared.health import HealthMonitor, Status
from shared.metrics import Metrics
from shared.settings import BadSettings, text_of
from shared.tokens import InternalTokens

if TYPE_CHECKING:
    from services.gateway.operations.spans import Spans

NAME = "gateway"
_REDIS_CONNECTIONS = 16  # a call takes a fraction of a millisecond: waiting for one is faster than opening another


def require_c_extensions() -> None:
    """Raise BadSettings unless aiohttp parses with its C extension: the Python parser is slower and more lenient."""
    if "_http_parser" not in http_parser.HttpRequestParser.__module__:
        raise BadSettings("aiohttp was installed without its C extensions; install it from a wheel.")


@contextlib.asynccontextmanager
async def open_gateway(settings: GatewaySettings, board: Board | None = None) -> AsyncIterator[GatewayServer]:
    """A server for `web.ServerRunner`, with everything it needs open and the probes running.

    Neither Redis nor the services need to be there yet. `board` is where several processes put their metrics together.
    """
    require_c_extensions()
    urls = {
        Service.AUTH: settings.auth_url,
        Service.POLICY: settings.policy_url,
        Service.WEB: settings.web_url,
    }
    tokens = InternalTokens(settings.internal_key.get_secret_value(), NAME, text_of(settings.internal_key_previous))
    metrics = Metrics(NAME)
    monitor = HealthMonitor(NAME, metrics)
    async with contextlib.AsyncExitStack() as stack:
        redis = await stack.enter_async_context(
            open_redis(
                settings.redis_url.get_secret_value(),
                max_connections=_REDIS_CONNECTIONS,
                timeout_seconds=settings.redis_seconds,
            )
        )
        store = Store(redis, settings.redis_seconds)
        await stack.enter_async_context(store.watching())
        session = await stack.enter_async_context(client_session(total_seconds=3))
        probing = await stack.enter_async_context(client_session(total_seconds=3))
        rules = EjectionRules.of(settings)
        replicas = {service: Replicas(addresses, rules) for service, addresses in urls.items()}
        for found in replicas.values():
            await stack.enter_async_context(found.running())
        upstreams = {service: BalancedUpstream(service.value, replicas[service], settings) for service in urls}
        metrics.registry.register(UpstreamCollector([upstream.figures for upstream in upstreams.values()]))
        for upstream in upstreams.values():
            stack.push_async_callback(upstream.close)
        clients = {
            service: ServiceClient(session, replicas[service].address, service.value, tokens)
            for service in (Service.AUTH, Service.POLICY)
        }
        redis_health = _redis_health(redis.ping, settings.redis_url.get_secret_value())
        platform = PlatformHealth(
            {service.value: found for service, found in replicas.items()}, [redis_health], probing, metrics
        )
        await stack.enter_async_context(platform.running())
        await stack.enter_async_context(monitor.running())
        if board:
            await stack.enter_async_context(board.running(metrics))
        cache = await stack.enter_async_context(open_cache(settings, metrics, store))
        limiter, access_log = Limiter(store), AccessLog(settings, NAME)
        await stack.enter_async_context(limiter.running())
        await stack.enter_async_context(access_log.running())
        entrance = Entrance(settings, _authenticator(clients[Service.AUTH], store, settings), limiter)
        proxy = Proxy(dict(upstreams), tokens, settings, cache)
        observer = Observer(metrics, access_log, await _open_spans(settings, stack))
        gateway = Gateway(
            settings,
            entrance=entrance,
            proxy=proxy,
            pages=Pages(
                monitor,
                platform,
                ApiDescription({s.value: c for s, c in clients.items()}, settings.public_url),
                (lambda: board.render(metrics)) if board else metrics.render,
            ),
            observer=observer,
        )
        lane = Lane(entrance=entrance, cache=cache, proxy=proxy, observer=observer, sample_ratio=sample_ratio(settings))
        metrics.registry.register(lane.figures)
        yield GatewayServer(gateway.handle, settings, lane=lane, on_drain=lambda: setattr(monitor, "draining", True))


def _authenticator(auth: ServiceClient, store: Store, settings: GatewaySettings) -> Authenticator:
    return Authenticator(KeySet(auth), store, settings.public_url, ApiKeys(auth))


async def _open_spans(settings: GatewaySettings, stack: contextlib.AsyncExitStack) -> "Spans | None":
    if not settings.otlp_traces_url:
        return None
    from services.gateway.operations.spans import open_spans  # noqa: PLC0415 - costs memory, see there

    return await stack.enter_async_context(open_spans(settings.otlp_traces_url, NAME))


def _redis_health(ping: Callable[[], Awaitable[Any]], url: str) -> Probed:
    async def probe() -> dict[str, Any]:
        await ping()
        return {}

    lifeline = functools.partial(until_lost, url, default_port=6379)
    return Probed("redis", "datastore", "redis", REDIS_BUDGET_MS, probe, Status.WARN, lifeline)
