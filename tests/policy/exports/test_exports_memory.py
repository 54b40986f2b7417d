"""Streaming a part takes the memory of one version, however many the part has."""

from pathlib import Path

import aiohttp
import asyncpg

from tests.policy.exports.export_reader import read_manifest

VERSIONS = 120
TEXT = 2_000_000
ALLOWED = 60 * 2**20


async def test_memory_does_not_grow_with_the_part(policy: aiohttp.ClientSession, law: str) -> None:
    await _add_large_versions(law)
    manifest = await read_manifest(policy)
    (part,) = manifest["parts"]
    assert part["bytes"] > VERSIONS * TEXT
    before = _resident()
    most = 0
    async with policy.get(part["href"]) as response:
        async for _ in response.content.iter_chunked(65_536):
            most = max(most, _resident())
    assert most - before < ALLOWED < part["bytes"] / 3


def _resident() -> int:
    """Bytes of memory that this process has: the service is in it."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


async def _add_large_versions(database_url: str) -> None:
    """Versions that share one large provision, which costs the test one row."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO provision (hash, lang, kind, num, heading, note, content, text)"
                " VALUES ('large', 'en', 'section', '', '', '', '', repeat('Long and longer. ', $1::int / 16))", TEXT,
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO version (work_id, lang, date, published, title, sort_title, status, content_hash)"
                " SELECT (SELECT min(id) FROM work), 'en', date '1980-01-01' + n, '1990-01-01', 'T', 't', 'in-force',"
                " '' FROM generate_series(1, $1::int) n", VERSIONS,
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO version_provision (version_id, ordinal, level, eid, hash, status)"
                " SELECT id, 0, 0, 'sec_1', 'large', 'in-force' FROM version WHERE content_hash = ''"
            )
    finally:
        await connection.close()
