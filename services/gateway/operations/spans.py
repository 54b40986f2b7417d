"""Spans of sampled requests for an OpenTelemetry collector. To be imported only where they are wanted: the exporter
needs half as much memory as the rest of the gateway."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services.gateway.client.tracing import Trace

_SERVER_ERROR = 500
_QUEUED = 2048
_BATCH = 256
_EVERY_MS = 2000
_TIMEOUT_MS = 5000


class Spans:
    """Sends spans in batches, in a thread of its own. What a slow collector does not take is dropped."""

    def __init__(self, processor: SpanProcessor, service: str) -> None:
        self._processor = processor
        self._resource = Resource.create({"service.name": f"openpolicy-{service}"})
        self._scope = InstrumentationScope("openpolicy.gateway")

    def record(
        self, trace: Trace, *, method: str, path: str, route: str, status: int, ended_ns: int, seconds: float
    ) -> None:
        """A request that ended at `ended_ns` (nanoseconds of the epoch) after `seconds`. Its query is not told: people
        search for what is nobody's business."""
        if not trace.is_sampled:
            return
        number, flags = int(trace.trace_id, 16), TraceFlags(TraceFlags.SAMPLED)
        parent = SpanContext(number, int(trace.parent_id, 16), is_remote=True) if trace.parent_id else None
        span = ReadableSpan(
            f"{method} {route}",
            context=SpanContext(number, int(trace.span_id, 16), is_remote=False, trace_flags=flags),
            parent=parent,
            resource=self._resource,
            attributes={
                "http.request.method": method,
                "url.path": path,
                "http.route": route,
                "http.response.status_code": status,
            },
            kind=SpanKind.SERVER,
            status=Status(StatusCode.ERROR if status >= _SERVER_ERROR else StatusCode.UNSET),
            start_time=ended_ns - int(seconds * 1e9),
            end_time=ended_ns,
            instrumentation_scope=self._scope,
        )
        self._processor.on_end(span)


@contextlib.asynccontextmanager
async def open_spans(url: str, service: str) -> AsyncIterator[Spans]:
    """Where to record requests, while the gateway runs. What waits is sent at the end."""
    processor = BatchSpanProcessor(
        OTLPSpanExporter(endpoint=url, timeout=_TIMEOUT_MS / 1000),
        max_queue_size=_QUEUED,
        max_export_batch_size=_BATCH,
        schedule_delay_millis=_EVERY_MS,
        export_timeout_millis=_TIMEOUT_MS,
    )
    try:
        yield Spans(processor, service)
    finally:
        await asyncio.to_thread(processor.shutdown)
