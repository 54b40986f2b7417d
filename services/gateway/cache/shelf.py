"""The entries, in bounded memory."""

from collections.abc import Sequence

from services.gateway.cache.entry import Entry
from services.gateway.cache.figures import Figures
from services.gateway.cache.variants import Fields, variant_of

_MOST_VARIANTS = 64
"""Kept of one address: whoever invents values for a request field must not push out everything else."""


class Place:
    """What is kept at one address."""

    __slots__ = ("entries", "vary")

    def __init__(self) -> None:
        self.vary: tuple[bytes, ...] = ()
        self.entries: dict[tuple[str, ...], Entry] = {}

    def find(self, asked: Fields) -> Entry | None:
        """The entry for a request with these fields."""
        return self.entries.get(variant_of(self.vary, asked) if self.vary else ())


class Shelf:
    """Entries by address, at most `capacity` bytes of them.

    When it is full, the oldest that nobody used since it was last looked at makes room ("second chance"): a hit then
    costs no more than setting a flag, and what is asked for once does not push out what is asked for often.
    """

    def __init__(self, capacity: int, figures: Figures) -> None:
        self._capacity = capacity
        self._figures = figures
        self._places: dict[str, Place] = {}
        self._in_order: dict[Entry, int] = {}
        """With the size that each was counted with."""

    def at(self, key: str) -> Place | None:
        """What is kept at an address."""
        return self._places.get(key)

    def put(self, entry: Entry, vary: Sequence[bytes]) -> None:
        """Keep an entry in place of one like it. Another `vary` than before does away with what was kept by that."""
        place = self._places.get(entry.key)
        if place is None:
            place = self._places[entry.key] = Place()
        if place.vary != tuple(vary):
            for other in list(place.entries.values()):
                self._forget(other)
            place.vary = tuple(vary)
        old = place.entries.pop(entry.variant, None)
        if old is not None:
            self._forget(old)
        elif len(place.entries) >= _MOST_VARIANTS:
            self._evict(next(iter(place.entries.values())))
        self._places[entry.key] = place
        place.entries[entry.variant] = entry
        size = self._in_order[entry] = entry.size
        self._figures.bytes += size
        self._make_room()
        self._figures.entries = len(self._in_order)

    def resize(self, entry: Entry) -> None:
        """It grew, since another form of it is kept as well."""
        counted = self._in_order.get(entry)
        if counted is not None:
            size = self._in_order[entry] = entry.size
            self._figures.bytes += size - counted
            self._make_room()

    def drop(self, entry: Entry) -> None:
        """It must not be used any more."""
        self._forget(entry)

    def drop_all_at(self, key: str) -> None:
        """What is kept at an address must not be used any more."""
        place = self._places.get(key)
        if place is not None:
            for entry in list(place.entries.values()):
                self._forget(entry)

    def _make_room(self) -> None:
        while self._figures.bytes > self._capacity and self._in_order:
            entry = next(iter(self._in_order))
            if entry.was_used:
                entry.was_used = False
                self._in_order[entry] = self._in_order.pop(entry)
            else:
                self._evict(entry)

    def _evict(self, entry: Entry) -> None:
        self._figures.evictions += 1
        self._forget(entry)

    def _forget(self, entry: Entry) -> None:
        self._figures.bytes -= self._in_order.pop(entry, 0)
        self._figures.entries = len(self._in_order)
        place = self._places.get(entry.key)
        if place is not None and place.entries.get(entry.variant) is entry:
            del place.entries[entry.variant]
            if not place.entries:
                del self._places[entry.key]
