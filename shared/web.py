"""The application factory: every service has the same middleware order, health pages, metrics and logging."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import uvloop
from aiohttp import web
from aiohttp.typedefs import Middleware

from shared import errors, health, metrics
from shared.access_log import AccessLog
from shared.collector import spare_the_collector
from shared.context import HEADER as REQUEST_ID_HEADER
from shared.context import enter_request
from shared.deadline import HEADER as DEADLINE_HEADER
from shared.deadline import enter_deadline, lift_deadline
from shared.draining import drain
from shared.front import Runner
from shared.health import HealthMonitor
from shared.keys import ACCESS_LOG, HEALTH, IDENTITY, INTERNAL_TOKENS, METRICS, SETTINGS, Handler
from shared.listening import listen, open_sockets, tell_ready
from shared.log import configure, get_logger
from shared.metrics import Metrics
from shared.problems import problem_response
from shared.refusals import note_refusal
from shared.settings import ServiceSettings, text_of
from shared.tokens import INTERNAL_HEADER, InternalTokens

_log = get_logger("shared.web")
OPERATIONS = frozenset({"/livez", "/readyz", "/health", "/metrics"})
"""Pages of a service for its operator; the gateway does not route to them."""

_CALLERS = frozenset({"gateway", "web"})  # the other services call nobody
_STRANGER = "This service answers only to the platform's own services."

_DRAIN_SECONDS = 8.0  # requests under way have so long at the end; the supervisor's patience is 10

_PARSER = {"max_line_size": 65_536, "max_field_size": 65_536, "max_headers": 256, "auto_decompress": False}
"""The gateway limits lines and fields, and says so with a problem; what it lets pass must not fail here as plain text.
Nor do we unpack what nobody asked for."""

ProblemRenderer = Callable[[web.Request, errors.PlatformError], Awaitable[web.StreamResponse]]


class Unexpected(errors.PlatformError):
    """Something the code did not foresee; its reader learns only the request id."""


def create_base_app(
    settings: ServiceSettings, *, service: str, render_problem: ProblemRenderer | None = None, max_body: int = 2**20
) -> web.Application:
    """An application with observation, errors, identity and the operator's pages. Services add routes and resources.

    `render_problem` replaces JSON problems, where people rather than programs read them.
    """
    app = web.Application(
        middlewares=[_observe, _problems(render_problem or _as_json), _identify],
        client_max_size=max_body,
        handler_args=_PARSER,
    )
    app[SETTINGS] = settings
    app[METRICS] = Metrics(service)
    app[ACCESS_LOG] = AccessLog(settings, service)
    app[HEALTH] = HealthMonitor(service, app[METRICS])
    app[INTERNAL_TOKENS] = InternalTokens(
        settings.internal_key.get_secret_value(), service, text_of(settings.internal_key_previous)
    )
    app.router.add_get("/livez", _livez)
    app.router.add_get("/readyz", _readyz)
    app.router.add_get("/health", _health)
    app.router.add_get("/metrics", _metrics)
    app.on_response_prepare.append(_answer_begins)
    app.on_shutdown.append(_drain)
    app.cleanup_ctx.append(_log_access)
    return app


def watch_health(app: web.Application) -> None:
    """Start the probes; call after every other resource was added to `cleanup_ctx`, since they register checks."""
    app.cleanup_ctx.append(_probe)


def serve(create_app: Callable[[], web.Application], settings: ServiceSettings, *, service: str) -> None:
    """Run a service process until TERM or Ctrl-C, on uvloop."""
    configure(service, level=settings.log_level, style=settings.log_format)
    uvloop.run(_serve(create_app(), settings))


async def _serve(app: web.Application, settings: ServiceSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = Runner(
        app, access_log=None, shutdown_timeout=1, keepalive_timeout=75, handler_cancellation=True
    )  # what is still under way then had its time
    try:
        await runner.setup()
        sockets = open_sockets(settings)
        if settings.ready_descriptor >= 0:  # another process serves meanwhile
            await _until_ready(app[HEALTH], stop)
        await listen(runner, sockets)
        spare_the_collector()
        tell_ready(settings.ready_descriptor)
        await stop.wait()
        app[HEALTH].draining = True
        await drain(runner, sockets, seconds=_DRAIN_SECONDS)
    finally:
        await runner.cleanup()


async def _until_ready(monitor: HealthMonitor, stop: asyncio.Event) -> None:
    while not (monitor.ready() or stop.is_set()):  # noqa: ASYNC110 - it is what the probes found that is looked at
        await asyncio.sleep(0.05)


@web.middleware
async def _observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    request_id = enter_request(request.headers.get(REQUEST_ID_HEADER))
    enter_deadline(request.method, request.headers.get(DEADLINE_HEADER))
    app_metrics = request.app[METRICS]
    started = time.perf_counter()
    status = 499  # the client left
    app_metrics.active += 1
    try:
        response = await handler(request)
        status = response.status
        if not response.prepared:
            response.headers[REQUEST_ID_HEADER] = request_id
            if request.app[HEALTH].draining:
                response.force_close()
        return response
    except web.HTTPException as redirect:  # aiohttp raises those; errors were answered further in
        status = redirect.status
        redirect.headers[REQUEST_ID_HEADER] = request_id
        raise
    finally:
        seconds = time.perf_counter() - started
        lift_deadline()
        app_metrics.active -= 1
        if request.path not in OPERATIONS:
            route = _route(request)
            app_metrics.requests.observe(request.method, route, status, seconds)
            path = request.rel_url.raw_path
            request.app[ACCESS_LOG].write(request_id, request.method, path, route, status, seconds)


async def _answer_begins(_: web.Request, __: web.StreamResponse) -> None:
    lift_deadline()  # what follows may be a stream


def _problems(render: ProblemRenderer) -> Middleware:
    @web.middleware
    async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except errors.PlatformError as error:
            note_refusal(request, error)
            return await render(request, error)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return await render(request, _from_aiohttp(error))
        except Exception:
            request.app[METRICS].errors.inc()
            _log.exception("unhandled_error", method=request.method, route=_route(request))
            return await render(request, Unexpected("Something went wrong on our side. Quote the request id."))

    return problems


async def _as_json(request: web.Request, error: errors.PlatformError) -> web.StreamResponse:
    return problem_response(error, request)


def _from_aiohttp(error: web.HTTPException) -> errors.PlatformError:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return errors.MethodNotAllowed(error.method, tuple(sorted(error.allowed_methods)))
    if error.status == 404:
        return errors.NotFound("Nothing is at this address.")
    by_status: dict[int, type[errors.PlatformError]] = {
        413: errors.TooLarge, 415: errors.UnsupportedMedia, 422: errors.Unprocessable,
    }  # fmt: skip
    return by_status.get(error.status, errors.Invalid)(error.reason)


@web.middleware
async def _identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path not in OPERATIONS:
        token = request.headers.get(INTERNAL_HEADER)
        if token is None:
            raise errors.Unauthenticated(_STRANGER)
        identity = request.app[INTERNAL_TOKENS].verify(token)
        if identity.caller not in _CALLERS:
            raise errors.Unauthenticated(_STRANGER)
        request[IDENTITY] = identity
    return await handler(request)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


async def _livez(request: web.Request) -> web.Response:
    monitor = request.app[HEALTH]
    status = health.Status.PASS if monitor.loop_lag < 1.0 else health.Status.FAIL
    return _health_response({"status": status.value, "serviceId": monitor.service})


async def _readyz(request: web.Request) -> web.Response:
    monitor = request.app[HEALTH]
    status = health.Status.PASS if monitor.ready() else health.Status.FAIL
    return _health_response({"status": status.value, "serviceId": monitor.service})


async def _health(request: web.Request) -> web.Response:
    return _health_response(request.app[HEALTH].document())


def _health_response(document: dict[str, object]) -> web.Response:
    return web.json_response(
        document,
        status=503 if document["status"] == health.Status.FAIL else 200,
        content_type=health.MEDIA_TYPE,
        headers={"Cache-Control": "no-store"},
    )


async def _metrics(request: web.Request) -> web.Response:
    return web.Response(body=request.app[METRICS].render(), headers={"Content-Type": metrics.CONTENT_TYPE})


async def _probe(app: web.Application) -> AsyncIterator[None]:
    async with app[HEALTH].running():
        yield


async def _log_access(app: web.Application) -> AsyncIterator[None]:
    async with app[ACCESS_LOG].running():
        yield


async def _drain(app: web.Application) -> None:
    app[HEALTH].draining = True
