"""The wish to stop an import, made from a signal handler and read where it can be followed."""

from dataclasses import dataclass


@dataclass(slots=True)
class Stop:
    """Once: finish the batches under way. Twice: leave them; they are not committed."""

    requests: int = 0

    def ask(self) -> None:
        """Ask, or ask again."""
        self.requests += 1

    def __bool__(self) -> bool:
        return self.requests > 0

    @property
    def urgent(self) -> bool:
        """Whether the batches under way are not to be waited for."""
        return self.requests > 1
