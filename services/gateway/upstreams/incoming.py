"""An answer while it arrives: what is known of it so far."""

import httptools

from services.gateway.upstreams.whole import Whole, read_whole

RawHeaders = list[tuple[bytes, bytes]]
SWITCHED = 101
_TOGETHER_BYTES = 65536  # a body up to this length is waited for, and sent on in one piece with its head
_BUFFERED_BYTES = 262144  # of a longer one, as much may wait for the client before the service is held back
_MOST_HEADER_BYTES = 65536
_BODILESS = (204, 304)


class Incoming:
    """The answer to the request that a connection carries, taken as a whole or from the parser."""

    def __init__(self) -> None:
        self._parser: httptools.HttpResponseParser | None = None
        self._until_close = False
        self._is_head = False
        self._may_switch = False
        self._forget()
        self.is_reusable = True
        """Whether the connection may carry another exchange."""

    def _forget(self) -> None:
        self.status = 0
        self._headers: RawHeaders = []
        self.whole: Whole | None = None
        """The answer, if it came in one piece."""
        self.length: int | None = None
        self._left = 0  # bytes of a body of a known length that are still to come
        self.complete = False
        self._header_bytes = 0
        self._head_done = False
        self._chunks: list[bytes] = []
        self.buffered = 0
        """Bytes of the body that came, and were not read yet."""

    def take_whole(self) -> bytes | None:
        """The body, if all of it is here already."""
        if not self.complete:
            return None
        if self.whole is not None:
            return self.whole.body
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data

    @property
    def is_full(self) -> bool:
        """Whether as much arrived, and was not read, as may wait."""
        return self.buffered > _BUFFERED_BYTES

    @property
    def headers(self) -> RawHeaders:
        """The header fields of the answer, in order."""
        if self.whole is not None and not self._headers:
            self._headers = [(line.name, line.value) for line in self.whole.lines]
        return self._headers

    @property
    def _is_answered(self) -> bool:
        comes_together = self.length is not None and self.length <= _TOGETHER_BYTES
        return self.complete or (self._head_done and not comes_together)

    def _take_at_once(self, data: bytes) -> bool:
        """Whether `data`, the first of an answer, is all of it."""
        whole = self.whole = None if self._is_head else read_whole(data)
        if whole is None:
            return False
        self.status = whole.status
        self.length = self.buffered = len(whole.body)
        self._head_done = self.complete = True
        self._wake()
        return True

    def _take_body(self, data: bytes) -> bool:
        """Take `data` as a further part of a body whose length is known, without the parser. Whether it was that, and
        no more: the rest of it was asked for by nobody, and is dropped."""
        left = self._left
        self.on_body(data if len(data) <= left else data[:left])
        if not self._left:
            self.complete = True
            self._wake()
        return len(data) <= left

    def _wake(self) -> None:
        """Something changed."""

    def _hold_back(self) -> None:
        """More arrived than is read."""

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field of the answer, or of the trailer after a chunked one, which is dropped."""
        if self._head_done:
            return
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > _MOST_HEADER_BYTES:
            raise ValueError("the header fields are too large")
        self._headers.append((name, value.rstrip()))

    def on_headers_complete(self) -> None:
        """The head is here."""
        parser = self._parser
        if parser is None:
            return
        if self.complete:
            raise ValueError("another answer, which nobody asked for")
        status = parser.get_status_code()
        if status < 200 and not (status == SWITCHED and self._may_switch):
            if status == SWITCHED:
                raise ValueError("nobody asked for another protocol")
            self._headers = []  # an interim answer; the real one follows
            return
        self.status = status
        self._head_done = True
        self.is_reusable = parser.should_keep_alive()
        self._measure()
        self._wake()

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        if self.complete:
            return
        self._chunks.append(data)
        size = len(data)
        self._left -= size
        self.buffered += size
        if self.is_full:
            self._hold_back()
        self._wake()

    def on_message_complete(self) -> None:
        """The end of the answer."""
        if self._head_done and self.status != SWITCHED:
            self.complete = True
            self._wake()

    def _measure(self) -> None:
        """How long the body is going to be, and where it ends."""
        if self.status == SWITCHED:
            self._until_close = True
            return
        if self._is_head or self.status in _BODILESS:
            self.complete = True
            return
        chunked, length = False, None
        for name, value in self._headers:
            lower = name.lower()
            if lower == b"content-length":
                length = int(value)  # the parser let only digits through
            elif lower == b"transfer-encoding":
                chunked = True
        self.length = None if chunked else length
        self._left = self.length or 0
        self._until_close = not chunked and length is None
