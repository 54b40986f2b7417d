"""Sampled requests reach an OpenTelemetry collector as spans of the trace that their service was told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.gateway.conftest import RunGateway
from tests.gateway.sockets import ask
from tests.serving import running

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@dataclass
class Collector:
    """What arrived."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    services: set[str] = field(default_factory=set)


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    found = Collector()

    async def take(request: web.Request) -> web.Response:
        told = ExportTraceServiceRequest.FromString(await request.read())
        for resource in told.resource_spans:
            found.services |= {a.value.string_value for a in resource.resource.attributes if a.key == "service.name"}
            found.spans += [span for scope in resource.scope_spans for span in scope.spans]
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    async with running(app) as base:
        found.url = f"{base}/v1/traces"
        yield found


async def _asked(run_gateway: RunGateway, lines: str, **settings: object) -> str:
    """Ask the gateway once; returns the traceparent that the service was told."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(request: web.Request) -> web.Response:
        if not told.done() and request.path == "/search":
            told.set_result(request.headers["traceparent"])
        return web.Response(status=503 if request.path == "/search" else 200, text='{"status": "pass"}')

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with running(app) as url, run_gateway(web_url=url, **settings) as base:
        await ask(base, f"GET /search?q=secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n".encode())
    return await told


async def test_a_sampled_request_becomes_a_span(run_gateway: RunGateway, collector: Collector) -> None:
    lines = f"traceparent: 00-{TRACE}-{PARENT}-01\r\n"
    told = await _asked(run_gateway, lines, otlp_traces_url=collector.url)
    (span,) = collector.spans
    assert collector.services == {"openpolicy-gateway"}
    assert f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01" == told
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert (span.name, span.kind, span.status.code) == ("GET web", Span.SPAN_KIND_SERVER, 2)
    said = {a.key: a.value.string_value or a.value.int_value for a in span.attributes}
    assert said == {
        "http.request.method": "GET", "url.path": "/search", "http.route": "web", "http.response.status_code": 503
    }  # fmt: skip
    assert span.end_time_unix_nano > span.start_time_unix_nano > 0


@pytest.mark.parametrize(("ratio", "count"), [(0.0, 0), (1.0, 1)])
async def test_traces_begun_here_are_sampled_by_the_share_that_is_set(
    run_gateway: RunGateway, collector: Collector, ratio: float, count: int
) -> None:
    told = await _asked(run_gateway, "", otlp_traces_url=collector.url, trace_sample_ratio=ratio)
    assert len(collector.spans) == count
    assert told.endswith("-01" if count else "-00")


async def test_what_the_client_did_not_sample_is_not(run_gateway: RunGateway, collector: Collector) -> None:
    lines = f"traceparent: 00-{TRACE}-{PARENT}-00\r\n"
    await _asked(run_gateway, lines, otlp_traces_url=collector.url, trace_sample_ratio=1.0)
    assert not collector.spans


async def test_without_a_collector_nothing_is_sampled(run_gateway: RunGateway) -> None:
    assert (await _asked(run_gateway, "", trace_sample_ratio=1.0)).endswith("-00")
