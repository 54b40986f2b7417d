"""A client connection's part in the lane: which requests may take it, and how one leaves it before its answer.

The lane (services.gateway.lane) answers plain requests by callbacks. It needs no parser, since a request that repeats
the header fields of one before it on its connection, byte for byte, says what that one said; and no task, since all it
does is done at once. Whatever turns out to need waiting is handed over: the parser gets the bytes, the connection's
task wakes, and goes on from where the lane got to.
"""

from typing import Any, Protocol

from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD

from services.gateway.client.turns import TakingTurns

_BLANK = b"\r\n\r\n"
_MOST_LINE = 256
_MOST_HELD = 65536  # bytes that a client may send ahead of its answer; then it is held back


class Lane(Protocol):
    """What answers plain requests; a `traveller` is one of them that is under way."""

    def enter(self, connection: Any, line: bytes) -> bool:
        """Take the request with this line that has the connection's `fields`; False when it cannot be taken, and
        nothing was done. Else it is the connection's `in_lane` until `arrive` or `hand_over` is called."""

    def stop(self, traveller: object) -> None:
        """Call neither any more: the ordinary way goes on from here."""

    def left(self, traveller: object) -> None:
        """The client is gone."""


class Laned(TakingTurns):
    """aiohttp's protocol with a lane beside its task."""

    def __init__(self, manager: web.Server, *, lane: Lane | None, **settings: Any) -> None:
        super().__init__(manager, **settings)
        self.fields: Any = None
        """What the fields of the last request said (client.fields); the next one likely sends the same."""
        self._lane = lane
        self._is_lane_open = True
        self.in_lane: object | None = None
        """The traveller under way."""
        self._handed_over: object | None = None
        self._received = b""  # the request in the lane, as it came
        self._held = b""  # what came after it
        self._is_between = True  # whether all that came so far was whole requests
        self._alone = b""  # the last piece that came, when it was one whole request

    def data_received(self, data: bytes) -> None:
        """Take the lane, or parse."""
        if self.in_lane is not None:
            self._hold(data)
        elif not self._take_lane(data):
            was_between, count = self._is_between, self._request_count
            self.parse(data)
            self._is_between = self._ended_with(data, self._request_count - count)
            self._alone = data if was_between and self._is_between and self._request_count == count + 1 else b""

    def parse(self, data: bytes) -> None:
        """Have the ordinary way read what arrived."""
        super().data_received(data)

    def take_alone(self) -> bytes:
        """The bytes of the request that begins to be handled, if they came in one piece with nothing else."""
        alone, self._alone = self._alone, b""
        return alone

    def take_handed_over(self) -> object | None:
        """The traveller that the request which begins to be handled was in the lane."""
        traveller, self._handed_over = self._handed_over, None
        return traveller

    def arrive(self, answer: bytes) -> None:
        """The answer to the request in the lane: send it."""
        self.in_lane, self._received = None, b""
        if self.transport is not None:
            self.transport.write(answer)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self._held:
            self.data_received(self._release())

    def hand_over(self) -> None:
        """Let the ordinary way go on with the request in the lane, if there is one."""
        traveller = self.in_lane
        if traveller is None or self._lane is None:
            return
        self._lane.stop(traveller)
        self.in_lane, self._handed_over = None, traveller
        received, self._received = self._received, b""
        self.parse(received)
        if self._held:
            self.data_received(self._release())

    def leave_lane(self) -> None:
        """Take the ordinary way from now on: with what is under way, and with all that comes."""
        self.hand_over()
        self._is_lane_open = False

    def close(self) -> None:
        """Close once what is under way is answered."""
        self.leave_lane()
        super().close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """The client is gone."""
        traveller = self.in_lane or self._handed_over
        self.in_lane = self._handed_over = None
        if traveller is not None and self._lane is not None:
            self._lane.left(traveller)
        super().connection_lost(exc)

    def _take_lane(self, data: bytes) -> bool:
        fields, lane, waiter = self.fields, self._lane, self._waiter
        if fields is None or lane is None or not self._is_between or not self._is_lane_open:
            return False
        block = fields.block
        end = len(data) - len(block)
        if not block or end > _MOST_LINE or not data.endswith(block) or data.find(b"\r\n") != end:
            return False
        if waiter is None or waiter.done() or self._messages or self._paused or self._force_close:
            return False  # something else is being answered, or its answer is still on its way
        self._received = data
        if lane.enter(self, data[:end]):
            return True
        self._received = b""
        return False

    def _ended_with(self, data: bytes, requests: int) -> bool:
        """Whether `data` ended where a request did: one without a body ends with the blank line."""
        if not requests or not self._messages or not data.endswith(_BLANK) or self._upgraded or self._buffer_paused:
            return False
        message, payload = self._messages[-1]
        return payload is EMPTY_PAYLOAD and isinstance(message, RawRequestMessage)

    def _hold(self, data: bytes) -> None:
        was_much = len(self._held) > _MOST_HELD
        self._held += data
        if len(self._held) > _MOST_HELD and not was_much:
            self._pause_transport_reading()

    def _release(self) -> bytes:
        held, self._held = self._held, b""
        if len(held) > _MOST_HELD:
            self._resume_transport_reading()
        return held

    def _process_keepalive(self) -> None:
        if self.in_lane is not None:  # which the timer takes for idle
            self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        super()._process_keepalive()
