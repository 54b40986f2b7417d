"""How a connection's requests are answered one after the other, with as little between them as possible."""

import asyncio
from typing import Any

from aiohttp import StreamReader
from aiohttp.http import StreamWriter
from aiohttp.web_protocol import ERROR, PayloadAccessError, RequestHandler, _ErrInfo

_ANSWERED = PayloadAccessError()


class TakingTurns(RequestHandler):
    """aiohttp's protocol with a loop of its own.

    RequestHandler.start makes a task for each request, so that context variables of one do not outlive it. Here each
    request is handled within the connection's task and sets its request id itself: a task less, and two turns of the
    loop, are a tenth of what a short answer costs. Everything else is as there.
    """

    async def start(self) -> None:
        """Answer requests until the connection is to be closed. Cancelled when the client leaves."""
        loop, manager, make_request, handle = self._loop, self._manager, self._request_factory, self._request_handler
        if manager is None or make_request is None or handle is None:
            return  # lost before its task began
        while not self._force_close:
            if not self._messages:
                try:
                    self._waiter = loop.create_future()
                    await self._waiter
                finally:
                    self._waiter = None
            message, payload = self._messages.popleft()
            if self._parser is not None:
                self._parser.message_consumed()
            if self._buffer_paused and len(self._messages) <= self._msg_queue_resume_size:
                self._resume_reading_if_drained()
            manager.requests_count += 1
            handler = handle
            if isinstance(message, _ErrInfo):
                handler, message = self._make_error_handler(message), ERROR
            # The task is held by no variable here: one that is cancelled keeps its traceback, and so this frame.
            request = make_request(message, payload, self, StreamWriter(self, loop), self._own_task())
            try:
                response, is_reset = await self._handle_request(request, None, handler)
                if is_reset:
                    break
                self._keepalive = bool(response.keep_alive)
                if not payload.is_eof():
                    await self._read_rest(payload)
                payload.set_exception(_ANSWERED)
            except ConnectionError:
                break
            except Exception as error:
                self.log_exception("Unhandled exception", exc_info=error)
                self.force_close()
            except BaseException:  # cancelled: the client left, or the server stops
                self.force_close()
                raise
            finally:
                request._task = None  # type: ignore[assignment]  # else an exception's traceback keeps it alive
            if not self._keepalive or self._close or self._force_close:
                break
            self._next_keepalive_close_time = loop.time() + self._keepalive_timeout
            if self._keepalive_handle is None:
                self._keepalive_handle = loop.call_at(self._next_keepalive_close_time, self._process_keepalive)
        if not self._force_close:
            self._task_handler = None
            if self.transport is not None:
                self.transport.close()

    def _own_task(self) -> Any:
        return self._task_handler or asyncio.current_task(self._loop)

    async def _read_rest(self, payload: StreamReader) -> None:
        """Read and ignore what is left of a body that nobody wanted, for a while; then give the connection up."""
        if payload.exception() is not None:
            self._close = True  # where the body ends is not known: nothing more is parsed
            if self.transport is not None:
                self.transport.write_eof()
                await asyncio.sleep(self._lingering_time)  # else what still comes resets the connection, and the answer
        elif not self._force_close and self._lingering_time:
            try:
                async with asyncio.timeout(self._lingering_time):
                    while not payload.is_eof():
                        await payload.readany()
            except TimeoutError:
                pass
        if not payload.is_eof() and not self._force_close:
            self.close()
