"""The copies of the law that the benchmark of growth measures with: whole, found by themselves, and gone on with."""

from __future__ import annotations

import asyncpg
import psycopg
import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.search.indexer import index_pending
from tests.bench.growth import copies_held, copy_law
from tests.policy.policy_service import serving
from tests.policy.search.search_corpus import CORPUS, insert

_IN_THE_WAY = """
INSERT INTO provision SELECT sha256(hash || 'ca-copy-9'::bytea), p.lang, p.kind, num, heading, note, content, text
FROM provision p JOIN version_provision USING (hash) JOIN version v ON v.id = version_id JOIN work w ON w.id = work_id
WHERE w.jurisdiction = 'ca' LIMIT 1
"""
_COUNTS = """
SELECT w.jurisdiction, count(DISTINCT w.id), count(DISTINCT v.id), count(p.*), sum(length(r.text))
FROM work w JOIN version v ON v.work_id = w.id JOIN version_provision p ON p.version_id = v.id
JOIN provision r USING (hash) WHERE w.jurisdiction ~ '^ca(-copy|$)' GROUP BY 1 ORDER BY 1
"""


async def test_a_copy_is_whole_or_not_at_all(clean_database: DatabaseUrls) -> None:
    connection = await asyncpg.connect(clean_database.policy_url)
    await insert(connection, *CORPUS)
    await connection.close()
    await index_pending(clean_database.policy_url)
    with psycopg.connect(clean_database.owner_url, options="-c search_path=policy,extensions") as owner:
        assert copies_held(owner) == 0
        copy_law(owner, "ca-copy-1")
        owner.execute(_IN_THE_WAY)
        owner.commit()
        with pytest.raises(psycopg.errors.UniqueViolation):
            copy_law(owner, "ca-copy-9")  # ends in the middle
        owner.rollback()
        copy_law(owner, "ca-copy-2")
        assert copies_held(owner) == 2
        (_, *original), *copies = owner.execute(_COUNTS).fetchall()
        assert [copy[0] for copy in copies] == ["ca-copy-1", "ca-copy-2"]
        assert all(copy[1:] == tuple(original) for copy in copies)
        owner.rollback()
    await index_pending(clean_database.policy_url)
    async with serving(clean_database.policy_url) as client:
        found = []
        for jurisdiction in ("ca", "ca-copy-1", "ca-copy-2"):
            asked = {"q": "fire on the foreshore", "lang": "en", "jurisdiction": jurisdiction}
            async with client.get("/api/v1/search", params=asked) as response:
                body = await response.json()
            found.append([(item["work"]["number"], item["eid"]) for item in body["items"]])
    assert found[0]
    assert found[1:] == [found[0]] * 2
