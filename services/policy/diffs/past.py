"""The versions of a work in one language through time: what each changed of the one before."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.policy.diffs import repo
from services.policy.diffs.align import unsettled
from services.policy.diffs.compare import Comparison, compare_sides
from services.policy.diffs.domain import Amendment, Part
from services.policy.diffs.texts import Texts
from services.policy.documents.domain import ProvisionNotFound
from shared.db import Connection


@dataclass(frozen=True, slots=True)
class Past:
    """Versions, oldest first, each compared with the next."""

    texts: Texts
    """Of what changed from a version to the next."""
    comparisons: list[Comparison]
    amendments: list[list[Amendment]]


async def read_past(connection: Connection, version_ids: Sequence[int]) -> Past:
    """Compare each of these versions, oldest first, with the next."""
    texts = Texts()
    steps = await repo.sides(connection, list(pairwise(version_ids)))
    await texts.read(connection, {digest for sides in steps for digest in unsettled(sides)})
    comparisons = await asyncio.to_thread(lambda: [compare_sides(sides, texts.wordings) for sides in steps])
    return Past(texts, comparisons, await repo.amendments(connection, version_ids))


async def newest_named(connection: Connection, version_ids: Sequence[int], eid: str) -> tuple[int, Part]:
    """The newest version's index that has `eid`, or else what it may stand in, and that part."""
    names = eid.split("__")
    above = ["__".join(names[:count]) for count in range(1, len(names) + 1)]
    held = await repo.parts_named(connection, version_ids, above)
    if not held:
        raise ProvisionNotFound("No version held in this language has such a provision.")
    at = {version_id: index for index, version_id in enumerate(version_ids)}
    part = max(held, key=lambda part: (len(part.eid), at[part.version_id]))
    return at[part.version_id], part
