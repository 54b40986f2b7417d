"""The body of a client's request on its way to a service."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.web_protocol import RequestPayloadError

from shared.errors import Invalid, PlatformError, TooLarge

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ClientTooSlow(PlatformError):
    """The client paused for too long within its body."""

    kind = "invalid-request"


class RequestBody:
    """Passes a body on chunk by chunk; reads no further than the service takes. Counts, so that a chunked body cannot
    pass the limit, and asks for a body held back by `Expect: 100-continue` only when it is wanted."""

    def __init__(self, request: web.BaseRequest, *, limit: int, idle_seconds: float, least_rate: int) -> None:
        self._request = request
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._least_rate = least_rate
        self._reading = False
        self.failure: PlatformError | None = None
        """Why the body broke off, when that is the client's fault."""
        self.on_progress: Callable[[], None] = lambda: None
        """Called after each chunk, and at the end."""

    @property
    def declared_length(self) -> int | None:
        """The Content-Length, if the client gave one."""
        return self._request.content_length

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body. Raises the failure that it also records."""
        request = self._request
        if request.headers.get(hdrs.EXPECT) and request.version >= HttpVersion11 and request.transport is not None:
            request.transport.write(_CONTINUE)  # a client that speaks HTTP/1.0 knows no interim answers
        received = 0
        loop = asyncio.get_running_loop()
        waited = 0.0
        self._reading = True
        try:
            while True:
                # A pause may be `idle_seconds` long; but not again after each byte.
                patience = self._idle_seconds - waited + received / self._least_rate
                since = loop.time()
                async with asyncio.timeout(min(self._idle_seconds, patience)):
                    chunk = await request.content.readany()
                waited += loop.time() - since
                if not chunk:
                    return
                received += len(chunk)
                if received > self._limit:
                    raise TooLarge(f"The body is larger than {self._limit} bytes.")
                self.on_progress()
                yield chunk
        except PlatformError as error:
            self.failure = error
            raise
        except TimeoutError:
            self.failure = ClientTooSlow("The body did not arrive in time.")
            raise self.failure from None
        except RequestPayloadError:
            self.failure = Invalid("The body is malformed.")
            raise self.failure from None
        finally:
            self._reading = False
            self.on_progress()

    async def settled(self) -> None:
        """Return when nobody reads the body any more: the server wants to read the rest itself."""
        for _ in range(100):
            if not self._reading:
                return
            await asyncio.sleep(0)


def has_body(request: web.BaseRequest) -> bool:
    """Whether the request carries a body, however small; a Content-Length of 0 is none."""
    return request.body_exists or hdrs.TRANSFER_ENCODING in request.headers
