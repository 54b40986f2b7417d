"""A manifest tells of the parts that are ready, and of the change up to which they are complete."""

import hashlib

import asyncpg
import pytest

from services.policy.exports.domain import Part, PartRange, complete_parts
from services.policy.exports.service import Export
from shared.db import open_database


def part(number: int) -> Part:
    first = number * 200 + 1
    return Part(PartRange(first, first + 199, bytes([number])), 200, 1, 1000, hashlib.sha256(bytes([number])).digest())


PARTS = [part(0), part(1), part(3)]  # nothing of the third is left


@pytest.mark.parametrize(("ready", "seq", "named"), [
    ([], 0, []), ([0], 200, [0]), ([0, 1], 600, [0, 1]), ([1, 2], 0, []), ([0, 1, 2], 799, [0, 1, 2]),
])  # fmt: skip
def test_parts_count_up_to_the_first_that_is_missing(ready: list[int], seq: int, named: list[int]) -> None:
    built = {PARTS[index].range.fingerprint: PARTS[index] for index in ready}
    found, parts = complete_parts([item.range for item in PARTS], built, 799)
    assert (found, parts) == (seq, [PARTS[index] for index in named])


async def test_an_impatient_manifest_tells_of_less_and_a_later_one_of_all(law: str) -> None:
    async with open_database(law, service="policy") as database:
        export = Export(database, patience=0)
        first = await export.manifest()
        assert (first.seq, first.last, list(first.parts), first.works) == (0, 5, [], 0)
        patient = Export(database, patience=30)
        second = await patient.manifest()
        assert (second.seq, second.last, second.works, len(second.parts)) == (5, 5, 3, 1)
        await export.close()
        await patient.close()


async def test_a_manifest_whose_parts_cannot_be_read_fails(law: str) -> None:
    connection = await asyncpg.connect(law)
    async with open_database(law, service="policy", statement_seconds=0.2) as database:
        export = Export(database, patience=30)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE bulk_part IN EXCLUSIVE MODE")  # may be read, and not written
                with pytest.raises(Exception, match="took too long"):
                    await export.manifest()
            assert (await export.manifest()).seq == 5
        finally:
            await export.close()
            await connection.close()
