"""Changes are numbered in the order of commits, also when many write at once and somebody reads all the while."""

import asyncio

import asyncpg

WRITERS = 6
ROUNDS = 25


async def test_a_reader_misses_nothing_while_many_write(law: str) -> None:
    writing = asyncio.gather(*(_write(law, number) for number in range(WRITERS)))
    read: list[int] = []
    reader = await asyncpg.connect(law)
    try:
        while not writing.done():
            read += await _after(reader, read)
            await asyncio.sleep(0)
        await writing
        read += await _after(reader, read)
        times = [row["at"] for row in await reader.fetch("SELECT at FROM change ORDER BY seq")]
    finally:
        await reader.close()
    assert read == list(range(1, 5 + WRITERS * ROUNDS // 5 * 4 + 1))
    assert times == sorted(times)


async def _after(reader: "asyncpg.Connection[asyncpg.Record]", read: list[int]) -> list[int]:
    after = read[-1] if read else 0
    return [row["seq"] for row in await reader.fetch("SELECT seq FROM change WHERE seq > $1 ORDER BY seq", after)]


async def _write(database_url: str, number: int) -> None:
    """Versions of one work in as many transactions, of which every fifth is rolled back."""
    connection = await asyncpg.connect(database_url)
    try:
        for turn in range(ROUNDS):
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(
                "INSERT INTO version (work_id, lang, date, published, title, sort_title, status, content_hash) "
                "SELECT min(id), 'en', date '1990-01-01' + $1::int, '1990-01-01', 'T', 't', 'in-force', '' FROM work",
                number * ROUNDS + turn,
            )
            await asyncio.sleep(0.001 * (number % 3))  # who begins first does not end first
            if turn % 5 == 4:
                await transaction.rollback()
            else:
                await transaction.commit()
    finally:
        await connection.close()
