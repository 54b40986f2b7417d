"""Typed keys of what an application and a request carry."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from shared.access_log import AccessLog
from shared.health import HealthMonitor
from shared.identity import Identity
from shared.metrics import Metrics
from shared.settings import ServiceSettings
from shared.tokens import InternalTokens

SETTINGS = web.AppKey("SETTINGS", ServiceSettings)
METRICS = web.AppKey("METRICS", Metrics)
ACCESS_LOG = web.AppKey("ACCESS_LOG", AccessLog)
HEALTH = web.AppKey("HEALTH", HealthMonitor)
INTERNAL_TOKENS = web.AppKey("INTERNAL_TOKENS", InternalTokens)
IDENTITY: web.RequestKey[Identity] = web.RequestKey("IDENTITY", Identity)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
