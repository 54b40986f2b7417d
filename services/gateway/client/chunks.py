"""How much of a chunked body may be something else than its data."""

from aiohttp import StreamReader

PIECE = 2**14
"""Bytes that are parsed at a time while a chunked body may come, so that little else stands beside it in a piece."""
_MOST = 2**14
_FOR_EACH_BYTE = 16  # a chunk of one byte takes five more; the rest is left for extensions


class Framing:
    """What a chunked body costs beyond its data: sizes, extensions, line ends.

    The parser skips extensions without a limit, so a request could go on for ever without its body ever growing. They
    may take 16 bytes for each byte of data, and 16 KiB beyond that; what was not used of it earlier is not saved up.
    """

    __slots__ = ("_data", "_excess", "_payload", "_unparsed")

    def __init__(self, payload: StreamReader) -> None:
        self._payload = payload
        self._data = payload.total_bytes
        self._unparsed = 0
        self._excess = 0

    @property
    def is_over(self) -> bool:
        """Whether the body is complete, or broke off."""
        return self._payload.is_eof() or self._payload.exception() is not None

    def outgrows(self, received: int, *, held_back: bool) -> bool:
        """Whether it is too much, after so many more bytes; `held_back` says that some were not parsed yet."""
        self._unparsed += received
        if held_back:
            return False
        data = self._payload.total_bytes - self._data
        self._data += data
        self._excess = max(0, self._excess + self._unparsed - data * (1 + _FOR_EACH_BYTE))
        self._unparsed = 0
        return self._excess > _MOST

    def fail(self, error: Exception) -> None:
        """End the body with an error for who reads it."""
        self._payload.set_exception(error)
