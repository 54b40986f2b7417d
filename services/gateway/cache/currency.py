"""Whether what is kept still says what the services would say: they announce what changes."""

from collections.abc import Collection, Sequence

from shared.contracts.changes import ANY_TEXT

_BLIND_SECONDS = 0.9  # the rest of the second is for the way of an answer
_MOST_TAGS = 20_000


class Currency:
    """What was changed, and when we learned of it; moments are of the monotonic clock.

    An entry is current when it was confirmed after the last change of something that it was made of. Entries without
    tags depend on nothing that is announced. While announcements cannot be heard, an entry with tags is current for
    a second after it was confirmed: a text that was corrected is not shown for longer than that.
    """

    def __init__(self) -> None:
        self._all_changed_at = float("-inf")
        self._changed_at: dict[str, float] = {}
        self._suspected_at = float("-inf")
        self.is_blind = True
        """Whether announcements cannot be heard."""

    def is_current(self, tags: Sequence[str], confirmed_at: float, now: float) -> bool:
        """Whether an entry made of `tags` may be used without asking."""
        if not tags:
            return True
        if self.is_blind and now - confirmed_at > _BLIND_SECONDS:
            return False
        return confirmed_at > self._suspected_at and not self.is_changed(tags, confirmed_at)

    def is_changed(self, tags: Sequence[str], confirmed_at: float) -> bool:
        """Whether it is known that something it was made of was changed: then it must not be used at all."""
        if confirmed_at <= self._all_changed_at:
            return bool(tags)
        changed_at = self._changed_at
        return any(confirmed_at <= changed_at.get(tag, confirmed_at - 1) for tag in tags)

    def change(self, tags: Collection[str], now: float) -> None:
        """What is made of any of `tags` changed, and with it all lists."""
        if len(self._changed_at) + len(tags) > _MOST_TAGS:
            self._changed_at.clear()
            self._all_changed_at = now
        for tag in (*tags, ANY_TEXT):
            self._changed_at[tag] = now

    def suspect_all(self, now: float) -> None:
        """Something may have been announced that we did not hear: all is asked for again before it is used."""
        self._suspected_at = now
