"""One running copy of a service, and what is known of it."""

from dataclasses import dataclass

_TROUBLES = {
    "unreachable": "cannot be connected to",
    "ejected": "ejected since its answers fail",
    "on_trial": "on trial after its answers failed",
    "unready": "gets no requests",
    "in_use": "",
}


@dataclass(slots=True, eq=False)
class Replica:
    """A copy of a service. Times are of the loop's clock; 0 where there is none."""

    url: str
    """Its own address, by number: `http://10.0.0.7:8080`."""
    host: str
    """Host and port as the service is named, for the Host header."""
    host_line: bytes = b""
    in_flight: int = 0
    """Exchanges under way, streams among them."""

    good: int = 0
    """Answers of the running half of the window that were none of the failures below."""
    bad: int = 0
    """Answers 500, 502, 503 and 504, broken connections and answers that did not come in time."""
    earlier_good: int = 0
    """The same of the half before."""
    earlier_bad: int = 0
    in_a_row: int = 0
    """Failures since the last success."""

    ejected_until: float = 0.0
    ejections: int = 0
    """How often it was ejected in a row; each is longer than the one before."""
    forgive_at: float = 0.0
    """When that is forgotten."""
    trial_since: float = 0.0
    """It was ejected, and gets single requests to see whether it does better."""
    trials: int = 0
    """How many of those went well."""
    being_tried: bool = False

    is_unreachable: bool = False
    """A connection could not be made."""
    is_unready: bool = False
    """Its health page does not answer, or says that no traffic should come."""
    keeps_connections: bool = False
    """It was seen to keep a connection open; so when it closes one, it may be about to stop."""

    def __post_init__(self) -> None:
        self.host_line = f"Host: {self.host}\r\n".encode("ascii")

    @property
    def is_in_use(self) -> bool:
        """Whether it gets its share of the requests, as far as it alone is concerned."""
        return not (self.is_unreachable or self.is_unready or self.ejected_until or self.trial_since)

    @property
    def state(self) -> str:
        """The first of what keeps it out of use, as metrics name it."""
        if self.is_unreachable:
            return "unreachable"
        if self.ejected_until:
            return "ejected"
        if self.trial_since:
            return "on_trial"
        return "unready" if self.is_unready else "in_use"

    @property
    def trouble(self) -> str:
        """The same for people; empty when it is in use."""
        return _TROUBLES[self.state]

    def forget_answers(self) -> None:
        """Begin anew with counting."""
        self.good = self.bad = self.earlier_good = self.earlier_bad = self.in_a_row = 0
