"""The bulk export: whole, verifiable, resumable, and one with the log of changes."""

import asyncio
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from infra.db.addresses import DatabaseUrls
from tests.policy.exports.conftest import LAW, publish
from tests.policy.exports.export_reader import (
    apply_changes,
    read_json,
    read_manifest,
    read_part,
    read_snapshot,
)
from tests.policy.imported import rows
from tests.policy.notes import BetterNotes, note, write_notes
from tests.policy.policy_service import import_notes, serving

EVENTFUL = {
    "2023-01-15/en/R-2": note("R-2", kind="regulation", jurisdiction="yy", texts=["Corrected."]),
    "2023-01-15/en/N-1": note("N-1", texts=["Brand new.", "Shared."]),
    "2023-01-15/en/A-1.3": note("A-1.3", day="2023-01-01", texts=["Newest."]),
}


async def test_the_export_holds_every_version_whole(policy: aiohttp.ClientSession, law: str) -> None:
    seq, held = await read_snapshot(policy)
    assert seq == 5
    addresses = rows(law, "SELECT w.jurisdiction, w.kind, w.number, v.lang, v.date::text, v.revision"
                          " FROM version v JOIN work w ON w.id = v.work_id")  # fmt: skip
    assert sorted(held) == sorted(addresses)
    for line in held.values():
        version = await read_json(policy, line["href"])
        for name in (
            "lang",
            "date",
            "revision",
            "title",
            "long_title",
            "citations",
            "subjects",
            "status",
            "content_hash",
        ):
            assert line[name] == version[name], name
        assert line["dates"]["published"] == version["dates"]["published"]
        assert line["dates"]["content_changed_at"] == version["dates"]["content_changed_at"]
        for ours, theirs in zip(line["provisions"], version["provisions"], strict=True):
            assert {name: ours[name] for name in theirs} == theirs
            assert ours["akn"] == f"<p>{ours['text']}</p>"
    regulation = held["xx", "regulation", "R-1", "en", "2020-01-01", 1]
    assert [(r["relation"], r["target_uri"]) for r in regulation["relations"]] == [("enabled-by", "/akn/xx/act/A-1.3")]
    assert regulation["identifiers"] == {"notes": "R-1"}


async def test_a_snapshot_and_the_changes_after_it_are_the_next_snapshot(
    policy: aiohttp.ClientSession, law: str, tmp_path: Path
) -> None:
    seq, held = await read_snapshot(policy)
    await publish(law, tmp_path / "more", EVENTFUL)
    rows(law, "DELETE FROM version WHERE lang = 'fr' RETURNING id")
    rows(law, "UPDATE provision SET text = 'Shared by three.' WHERE text = 'Shared.' RETURNING hash")
    report = await import_notes(law, write_notes(tmp_path / "law", LAW), importer=BetterNotes())
    assert report.exit_code == 0, report.lines()
    last = await apply_changes(policy, held, seq)
    next_seq, next_held = await read_snapshot(policy)
    assert (last, held) == (next_seq, next_held)
    assert ("xx", "act", "N-1", "en", "2020-01-01", 1) in held


async def test_the_same_state_gives_the_same_bytes(policy: aiohttp.ClientSession, law: str) -> None:
    manifest = await read_manifest(policy)
    async with policy.get(manifest["parts"][0]["href"]) as response:
        first = await response.read()
        etag = response.headers["ETag"]
    rows(law, "DELETE FROM bulk_part RETURNING 1")
    async with serving(law) as other:
        assert await read_manifest(other) == manifest
        async with other.get(manifest["parts"][0]["href"]) as response:
            assert await response.read() == first
        async with other.get(manifest["parts"][0]["href"], headers={"If-None-Match": etag}) as response:
            assert response.status == 304
        async with other.head(manifest["parts"][0]["href"]) as response:
            assert (response.status, response.headers["ETag"], await response.read()) == (200, etag, b"")


async def test_a_reader_resumes_with_the_parts_it_lacks(policy: aiohttp.ClientSession, law: str) -> None:
    await _fill(law, 450)
    before = await read_manifest(policy)
    assert [(part["first_seq"], part["last_seq"]) for part in before["parts"]] == [(1, 200), (201, 400), (401, 455)]
    await _fill(law, 10, since=2000)
    after = await read_manifest(policy)
    assert after["parts"][:2] == before["parts"][:2]
    assert after["parts"][2]["last_seq"] == 465
    # what the older manifest names is still there, so that a reader under way can finish
    assert len(await read_part(policy, before["parts"][2])) == 55


async def test_a_part_that_changed_is_gone_and_the_others_stay(policy: aiohttp.ClientSession, law: str) -> None:
    await _fill(law, 300)
    before = await read_manifest(policy)
    rows(law, "DELETE FROM version WHERE lang = 'fr' RETURNING id")
    async with policy.get(before["parts"][0]["href"]) as response:
        assert response.status == 410
        assert "manifest" in (await response.json())["detail"]
    assert len(await read_part(policy, before["parts"][1])) == before["parts"][1]["versions"]
    after = await read_manifest(policy)
    assert after["parts"][0]["versions"] == 199
    assert len(await read_part(policy, after["parts"][0])) == 199


async def test_a_part_that_changes_under_its_reader_breaks_off(policy: aiohttp.ClientSession, law: str) -> None:
    await _fill(law, 150)
    rows(law, "UPDATE version SET long_title = (SELECT string_agg(md5((v.id * n)::text), '') "
              "FROM generate_series(1, 20000) n) FROM version v WHERE v.id = version.id RETURNING 1")  # fmt: skip
    part = (await read_manifest(policy))["parts"][-1]
    async with policy.get(part["href"]) as response:
        assert response.status == 200
        await response.content.read(1000)
        await asyncio.to_thread(rows, law, "UPDATE version SET title = title || '!' RETURNING 1")
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read()


async def test_an_empty_platform_has_an_empty_export(clean_database: DatabaseUrls) -> None:
    async with serving(clean_database.policy_url) as policy:
        manifest = await read_json(policy, "/api/v1/bulk")
        assert (manifest["seq"], manifest["parts"], manifest["versions"]) == (0, [], 0)
        assert (await read_json(policy, "/api/v1/changes"))["items"] == []


async def _fill(database_url: str, count: int, since: int = 0) -> None:
    """Versions without provisions, for the number of changes alone."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO version (work_id, lang, date, published, title, sort_title, status, content_hash) "
            "SELECT (SELECT min(id) FROM work), 'en', date '1980-01-01' + n + $2::int, '1990-01-01', 'T', 't',"
            " 'in-force', '' FROM generate_series(1, $1::int) n",
            count, since,
        )  # fmt: skip
    finally:
        await connection.close()
