"""The hash chain, without a database: what a link is made of, and whether links follow one another.

The hash of a link is SHA-256 over the 32 bytes of the one before it (zeros for the first), then over its position, the
table and id of its event, and the event's fields: each as its length in bytes of UTF-8, a colon, the value and a comma,
and `-,` for no value. The databases make it in a trigger; here it is made again.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

START = bytes(32)
"""What the first link follows."""
_ANCHOR = re.compile(r"(?P<trail>[a-z]+) (?P<position>[0-9]{1,18}) (?P<hash>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Link:
    """One link as it is kept. `fields` are the event's values in order; None when the event is gone."""

    position: int
    source: str
    event: int
    previous: bytes
    hash: bytes
    fields: tuple[str | None, ...] | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far a trail reached, and its hash there: kept elsewhere, it shows what was cut off the end. 0: nothing."""

    trail: str
    position: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.trail} {self.position} {self.hash.hex()}"


class Broken(Exception):
    """The trail is not what it was; the message names the first row that shows it."""


class Verifier:
    """Takes links in order and raises Broken at the first that is wrong. `start` is where the trail begins."""

    def __init__(self, trail: str, start: Anchor | None = None, anchors: Iterable[Anchor] = ()) -> None:
        self.head = start or Anchor(trail, 0, START)
        self._anchors = sorted((a for a in anchors if a.trail == trail), key=lambda anchor: anchor.position)
        self._anchors = [anchor for anchor in self._anchors if anchor.position >= self.head.position]
        self._at = 0
        self._meet()

    def take(self, link: Link) -> None:
        """The next link."""
        expected = self.head.position + 1
        if link.position != expected:
            raise Broken(f"link {expected} is missing: {link.position} comes after {self.head.position}")
        row = f"link {link.position} ({link.source} {link.event})"
        if link.previous != self.head.hash:
            raise Broken(f"{row} does not follow the one before it")
        if link.fields is None:
            raise Broken(f"{row}: its event was removed")
        if link.hash != hash_of(link):
            raise Broken(f"{row}: it is not what was recorded")
        self.head = Anchor(self.head.trail, link.position, link.hash)
        self._meet()

    def end(self) -> None:
        """No more links: raises Broken when an anchor says that there were."""
        if self._at < len(self._anchors):
            known = self._anchors[-1].position
            raise Broken(f"the end was cut off: it had reached {known}, now it ends at {self.head.position}")

    def _meet(self) -> None:
        while self._at < len(self._anchors) and self._anchors[self._at].position == self.head.position:
            if self._anchors[self._at].hash != self.head.hash:
                raise Broken(f"link {self.head.position} is not the one that the anchor names")
            self._at += 1


def hash_of(link: Link) -> bytes:
    """What the link's hash must be."""
    values = (str(link.position), link.source, str(link.event), *(link.fields or ()))
    return hashlib.sha256(link.previous + b"".join(map(_field, values))).digest()


def verify_export(lines: Iterable[str]) -> list[tuple[Anchor, Anchor]]:
    """Walk through exported lines: where each trail begins and ends. Raises Broken, and ValueError for other lines."""
    found: dict[str, tuple[Anchor, Verifier]] = {}
    for line in lines:
        trail, link = import_line(line)
        if trail not in found:
            begin = Anchor(trail, link.position - 1, link.previous)
            found[trail] = begin, Verifier(trail, begin)
        found[trail][1].take(link)
    return [(begin, verifier.head) for begin, verifier in found.values()]


def read_anchors(text: str) -> list[Anchor]:
    """Every `trail position hash` in lines of text, so that log lines do as well."""
    return [Anchor(m["trail"], int(m["position"]), bytes.fromhex(m["hash"])) for m in _ANCHOR.finditer(text)]


def export_line(trail: str, link: Link, names: Sequence[str]) -> str:
    """A link with its event as one line of JSON, from which the hash can be made again."""
    event = {name: _object(value) for name, value in zip(names, link.fields or (), strict=True)}
    whole = {
        "trail": trail, "position": link.position, "source": link.source, "id": link.event,
        "previous": link.previous.hex(), "hash": link.hash.hex(), "event": event,
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def import_line(line: str) -> tuple[str, Link]:
    """The trail and link of a line that `export_line` made; raises ValueError for anything else."""
    try:
        whole = json.loads(line)
        fields = tuple(_jsonb(value) if isinstance(value, dict) else value for value in whole["event"].values())
        return whole["trail"], Link(
            whole["position"], whole["source"], whole["id"], bytes.fromhex(whole["previous"]),
            bytes.fromhex(whole["hash"]), fields,
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a line of an export") from error


def _object(value: str | None) -> Any:
    """The object that a value is the text of, if that text can be made again from it; else the value."""
    if value is None or not value.startswith("{"):
        return value
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, dict) and _jsonb(read) == value else value


def _field(value: str | None) -> bytes:
    if value is None:
        return b"-,"
    raw = value.encode()
    return b"%d:%s," % (len(raw), raw)


def _jsonb(value: Any) -> str:
    """As PostgreSQL writes jsonb: shorter names first, then by their bytes."""
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: (len(pair[0].encode()), pair[0].encode()))
        return "{" + ", ".join(f"{_jsonb(name)}: {_jsonb(item)}" for name, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_jsonb, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
