"""The progress of one import as server-sent events, for as long as somebody watches."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from services.policy.documents.representations import as_json
from services.policy.jobs import wire
from services.policy.jobs.domain import Caller, Job
from shared.errors import Unavailable
from shared.keys import HEALTH

_MOST_STREAMS = 32
_STREAM_SECONDS = 300.0
_LOOK_SECONDS = 1.0
_SILENCE_SECONDS = 15.0
_HEADERS = {
    hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8",
    hdrs.CACHE_CONTROL: "private, no-store",
    "X-Accel-Buffering": "no",
}


class Streams:
    """Counts the streams of this process."""

    def __init__(self) -> None:
        self._open = 0

    async def send(
        self, request: web.Request, caller: Caller, first: Job, find: Callable[[], Awaitable[Job]]
    ) -> web.StreamResponse:
        """An event at each change of the import, the last when it ends; after five minutes the client asks again.

        Raises Unavailable when too many watch.
        """
        if first.is_over and hdrs.LAST_EVENT_ID in request.headers:
            return web.Response(status=204, headers={hdrs.CACHE_CONTROL: "private, no-store"})  # ends the asking again
        if self._open >= _MOST_STREAMS:
            raise Unavailable("Too many imports are being watched.", retry_after=5)
        self._open += 1
        try:
            return await _send(request, caller, first, find)
        finally:
            self._open -= 1


async def _send(
    request: web.Request, caller: Caller, job: Job, find: Callable[[], Awaitable[Job]]
) -> web.StreamResponse:
    response = web.StreamResponse(headers=_HEADERS)
    await response.prepare(request)
    await response.write(b"retry: 2000\n\n" + _event(job, caller))
    loop = asyncio.get_running_loop()
    ends_at, spoke_at = loop.time() + _STREAM_SECONDS, loop.time()
    while not job.is_over and loop.time() < ends_at and not request.app[HEALTH].draining:
        await asyncio.sleep(_LOOK_SECONDS)
        told = job
        job = await find()
        if job != told:
            await response.write(_event(job, caller))
        elif loop.time() - spoke_at > _SILENCE_SECONDS:
            await response.write(b":\n\n")
        else:
            continue
        spoke_at = loop.time()
    await response.write_eof()
    return response


def _event(job: Job, caller: Caller) -> bytes:
    number = int(job.updated_at.timestamp() * 1000)
    return f"id: {number}\nevent: import\ndata: ".encode() + as_json(wire.job(job, caller)) + b"\n\n"
