"""What the service exports of documents makes the same state in an empty database; of a broken file, none."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from services.policy.imports.akoma_ntoso import AkomaNtoso
from tests.conftest import Databases
from tests.policy.documents.akn_documents import DATA, MISSING, NOT_WELL_FORMED, PUBLISHED, SAMPLE, problems
from tests.policy.imported import rows
from tests.policy.policy_service import import_notes, serving

RELEASE = date(2026, 11, 1)
VERSIONS = (
    "SELECT w.jurisdiction, w.kind, w.number, v.lang, v.date::text FROM version v JOIN work w ON w.id = v.work_id"
)
STATE = (
    "SELECT frbr_uri, jurisdiction, kind, number FROM work ORDER BY 1",
    "SELECT frbr_uri FROM work_alias ORDER BY 1",
    "SELECT w.frbr_uri, v.lang, v.date, v.revision, v.current_from::text, v.current_until::text, v.published, v.title,"
    " v.sort_title, v.long_title, v.citations, v.subjects, v.status, v.in_force_from, v.last_amended, v.content_hash,"
    " v.source_ids - 'path' FROM version v JOIN work w ON w.id = v.work_id ORDER BY 1, 2, 3, 4",
    "SELECT hash, lang, kind, num, heading, note, content, text FROM provision ORDER BY 1",
    "SELECT w.frbr_uri, v.lang, v.date, p.ordinal, p.parent, p.level, p.eid, p.hash, p.status, p.in_force_from,"
    " p.in_force_to, p.last_amended, p.source_id, p.terms"
    " FROM version_provision p JOIN version v ON v.id = p.version_id JOIN work w ON w.id = v.work_id"
    " ORDER BY 1, 2, 3, 4",
    "SELECT w.frbr_uri, v.lang, v.date, c.ordinal, c.relation, c.seq, c.target_uri, c.target_eid, c.label"
    " FROM citation c JOIN version v ON v.id = c.version_id JOIN work w ON w.id = v.work_id"
    " ORDER BY 1, 2, 3, 4, 5, 6",
)


@pytest.mark.timeout(120)
async def test_the_exports_of_documents_make_the_same_state(databases: Databases, tmp_path: Path) -> None:
    sources, exports = tmp_path / "sources", tmp_path / "exports"
    exports.mkdir()
    for at, path in enumerate(SAMPLE[::5] + PUBLISHED[::3]):
        (sources / str(at)).mkdir(parents=True)
        shutil.copy(path, sources / str(at))
    first, second = databases.create().policy_url, databases.create().policy_url
    report = await import_notes(first, sources, importer=AkomaNtoso(), release=RELEASE)
    assert report.exit_code == 0, report.lines()
    held = rows(first, VERSIONS)
    assert len(held) >= len(SAMPLE[::5])
    async with serving(first) as service:
        for at, (jurisdiction, kind, number, lang, day) in enumerate(held):
            async with service.get(f"/api/v1/policies/{jurisdiction}/{kind}/{number}/{lang}@{day}.xml") as answer:
                assert answer.status == 200
                exported = await answer.read()
            assert problems(exported) == []
            (exports / f"{at}.xml").write_bytes(exported)
    report = await import_notes(second, exports, importer=AkomaNtoso(), release=RELEASE)
    assert report.exit_code == 0, report.lines()
    for query in STATE:
        assert rows(second, query) == rows(first, query)
    again = await import_notes(first, exports, importer=AkomaNtoso(), release=RELEASE)
    assert again.body()["counts"] == {"added": 0, "changed": 0, "unchanged": len(held), "failed": 0}


async def test_of_a_file_that_is_not_well_formed_nothing_is_stored(databases: Databases, tmp_path: Path) -> None:
    broken = DATA / NOT_WELL_FORMED
    if not broken.is_file():
        pytest.skip(MISSING)
    url = databases.create().policy_url
    shutil.copy(broken, tmp_path)
    cut = SAMPLE[0].read_bytes()
    (tmp_path / "cut.xml").write_bytes(cut[: len(cut) // 2])
    report = await import_notes(url, tmp_path, importer=AkomaNtoso(), release=RELEASE)
    body = report.body()
    lines = cut[: len(cut) // 2].count(b"\n") + 1
    assert body["counts"] == {"added": 0, "changed": 0, "unchanged": 0, "failed": 2}
    assert [(f["path"], f["line"]) for f in body["failures"]] == [("cut.xml", lines), (broken.name, 1)]
    for table in ("jurisdiction", "work", "version", "provision", "citation", "search_document"):
        assert rows(url, f"SELECT * FROM {table}") == [], table
