"""What was made lately and may be wanted again. Pure."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lately(Generic[K, V]):
    """Values by key, those wanted last up to a size in all. Not for use by several threads at a time."""

    def __init__(self, most: int, size: Callable[[V], int]) -> None:
        self._most = most
        self._size = size
        self._held: OrderedDict[K, V] = OrderedDict()
        self.total = 0
        """The size of what is held."""

    def find(self, keys: Iterable[K]) -> dict[K, V]:
        """What is held of these."""
        found = {key: self._held[key] for key in keys if key in self._held}
        for key in found:
            self._held.move_to_end(key)
        return found

    def add(self, values: Mapping[K, V]) -> None:
        """Hold these, and let go of those that were not wanted for longest."""
        for key, value in values.items():
            if key not in self._held:
                self._held[key] = value
                self.total += self._size(value)
        while self.total > self._most:
            self.total -= self._size(self._held.popitem(last=False)[1])
