"""What a quotation needs beside what search yields."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__)


@dataclass(frozen=True, slots=True)
class Held:
    """The digest of a passage's text, and how its policy is cited."""

    digest: bytes
    citations: tuple[str, ...]


UNKNOWN = Held(b"", ())
"""Of a text that was replaced since it was found."""


async def digests(connection: Connection, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Held]:
    """By version id and ordinal; a negative ordinal is the version as a whole."""
    rows = await connection.fetch(_SQL["digests"], [place[0] for place in places], [place[1] for place in places])
    return {
        (row["version_id"], row["ordinal"]): Held(bytes(row["digest"]), tuple(row["citations"]))
        for row in rows
    }  # fmt: skip
