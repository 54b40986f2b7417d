"""What an import makes of its files: added, changed, unchanged, failed; and a second run that writes nothing."""

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.imports.sources import SourceProblem
from tests.policy.imported import as_stored, by_meaning, rows
from tests.policy.notes import BetterNotes, note, write_notes
from tests.policy.policy_service import import_notes

VERSIONS = (
    "SELECT v.lang, v.date::text, v.revision, v.published::text, v.current_from::text, v.current_until::text"
    " FROM version v ORDER BY v.lang, v.date, v.revision"
)


def counts(report: Any) -> tuple[int, int, int, int]:
    figures = report.body()["counts"]
    return figures["added"], figures["changed"], figures["unchanged"], figures["failed"]


async def test_a_second_run_writes_nothing(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    url = clean_database.policy_url
    law = {f"en/{n}": note(str(n), texts=["Same.", f"Text {n}."], aliases=[f"old-{n}"]) for n in range(30)}
    write_notes(tmp_path, law)
    assert counts(await import_notes(url, tmp_path)) == (30, 0, 0, 0)
    assert rows(url, "SELECT count(*) FROM provision") == [(31,)], "what is the same is stored once"
    before = as_stored(url)
    assert counts(await import_notes(url, tmp_path)) == (0, 0, 30, 0)
    assert as_stored(url) == before


async def test_the_same_bytes_on_another_day_are_nothing_new(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    """Without a release date the day of the import stands in for it, which says nothing about the text."""
    url = clean_database.policy_url
    write_notes(tmp_path, {"en/1": note("1")})
    await import_notes(url, tmp_path, release=date(2020, 5, 5))
    before = as_stored(url)
    assert counts(await import_notes(url, tmp_path)) == (0, 0, 1, 0)
    assert as_stored(url) == before


async def test_another_release_of_the_same_text_only_confirms_it(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    url = clean_database.policy_url
    write_notes(tmp_path, {"en/1": note("1")})
    await import_notes(url, tmp_path, release=date(2020, 5, 5))
    [(checked, changed)] = rows(url, "SELECT source_checked_at, content_changed_at FROM version")
    assert counts(await import_notes(url, tmp_path, release=date(2020, 6, 6))) == (0, 0, 1, 0)
    [(checked_again, changed_again)] = rows(url, "SELECT source_checked_at, content_changed_at FROM version")
    assert checked_again > checked
    assert changed_again == changed
    assert rows(url, VERSIONS) == [("en", "2020-01-01", 1, "2020-05-05", "-infinity", "infinity")]
    # An older release, imported later, shows that it was published even before.
    assert counts(await import_notes(url, tmp_path, release=date(2020, 4, 4))) == (0, 0, 1, 0)
    assert rows(url, "SELECT published::text FROM version") == [("2020-04-04",)]
    assert rows(url, "SELECT release::text FROM import_file ORDER BY 1") == [
        ("2020-04-04",), ("2020-05-05",), ("2020-06-06",),
    ]  # fmt: skip


async def test_new_texts_take_their_place_in_time(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    url = clean_database.policy_url
    law = {
        "2020-01-15/en/1": note("1", day="2020-01-01", texts=["First."]),
        "2021-01-15/en/1": note("1", day="2021-01-01", texts=["Second."]),
        "2021-02-15/en/1": note("1", day="2021-01-01", texts=["Second, corrected."]),
        "2022-01-15/en/1": note("1", day="2999-01-01", texts=["Third."]),
    }
    assert counts(await import_notes(url, write_notes(tmp_path, law))) == (1, 3, 0, 0)
    assert rows(url, VERSIONS) == [
        ("en", "2020-01-01", 1, "2020-01-15", "-infinity", "2021-01-01"),
        ("en", "2021-01-01", 1, "2021-01-15", "infinity", "infinity"),
        ("en", "2021-01-01", 2, "2021-02-15", "2021-01-01", "2999-01-01"),
        ("en", "2999-01-01", 1, "2022-01-15", "2999-01-01", "infinity"),
    ]
    assert rows(url, "SELECT date::text FROM search_document") == [("2021-01-01",)]


async def test_releases_in_any_order_come_to_the_same_current_text(
    clean_database: DatabaseUrls, tmp_path: Path
) -> None:
    url = clean_database.policy_url
    newer = write_notes(tmp_path / "newer", {"en/1": note("1", texts=["Corrected."])})
    older = write_notes(tmp_path / "older", {"en/1": note("1", texts=["Misprinted."])})
    await import_notes(url, newer, release=date(2021, 1, 1))
    assert counts(await import_notes(url, older, release=date(2020, 1, 1))) == (0, 1, 0, 0)
    assert rows(url, "SELECT published::text FROM version WHERE current_from < current_until") == [("2021-01-01",)]
    assert rows(url, "SELECT count(*) FROM search_document d JOIN version v ON v.id = d.version_id"
                     " WHERE v.published = '2021-01-01'") == [(1,)]  # fmt: skip


async def test_files_that_fail_are_told_and_the_others_imported(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    url = clean_database.policy_url
    law = {
        "en/1": note("1"), "en/2": note("2", crash=True), "en/3": note("3", title=" "), "en/4": note("4/5"),
        "en/5": note("5", jurisdiction="X Y"), "en/6": note("6", texts=[{"eid": "a"}, {"eid": "a"}]),
        "en/7": note("7.html"), "en/8": note("8", texts=["nul \x00 in the text"]), "en/9": note("9"),
    }  # fmt: skip
    write_notes(tmp_path, law)
    (tmp_path / "en/10.note").write_text('{\n"number":\n')
    report = await import_notes(url, tmp_path)
    assert counts(report) == (2, 0, 0, 8)
    assert report.exit_code == 1
    messages = {failure["path"]: (failure["line"], failure["message"]) for failure in report.body()["failures"]}
    assert messages["en/10.note"] == (3, "not a note")
    for path, words in (
        ("2", "a fault of the importer"), ("3", "no title"), ("4", "cannot be part of an address"), ("5", "X Y"),
        ("6", "two provisions have the eId a"), ("7", "cannot be part of an address"), ("8", "cannot be stored"),
    ):  # fmt: skip
        assert words in messages[f"en/{path}.note"][1]
    assert "  en/10.note:3: not a note" in report.lines()
    assert rows(url, "SELECT number FROM work ORDER BY 1") == [("1",), ("9",)]
    assert len(rows(url, "SELECT path FROM import_failure")) == 8
    write_notes(tmp_path, {"en/2": note("2")})
    assert counts(await import_notes(url, tmp_path)) == (1, 0, 2, 7), "a mended file is imported by the next run"


async def test_a_later_parser_corrects_its_own_reading_in_place(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    url = clean_database.policy_url
    write_notes(tmp_path, {"en/1": note("1"), "en/2": note("2", title="ALREADY")})
    await import_notes(url, tmp_path)
    ids = rows(url, "SELECT id FROM version ORDER BY 1")
    assert counts(await import_notes(url, tmp_path, importer=BetterNotes())) == (0, 1, 1, 0)
    assert rows(url, "SELECT title, revision FROM version ORDER BY 1") == [("ALREADY", 1), ("NOTE 1", 1)]
    assert rows(url, "SELECT id FROM version ORDER BY 1") == ids
    assert rows(url, "SELECT title FROM search_document ORDER BY 1") == [("ALREADY",), ("NOTE 1",)]
    before = as_stored(url)
    assert counts(await import_notes(url, tmp_path, importer=BetterNotes())) == (0, 0, 2, 0)
    assert as_stored(url) == before


async def test_an_archive_a_folder_and_a_file_are_the_same(databases: Any, tmp_path: Path) -> None:
    law = {f"{lang}/{n}": note(str(n), lang=lang) for n in range(5) for lang in ("en", "fr")}
    folder = write_notes(tmp_path / "law", law)
    with zipfile.ZipFile(tmp_path / "law_2021-03-04.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.note")):
            archive.write(file, file.relative_to(folder))
    states = []
    for source in (folder, tmp_path / "law_2021-03-04.zip"):
        database = databases.create()
        await import_notes(database.policy_url, source, release=date(2021, 3, 4))
        states.append(by_meaning(database.policy_url))
        databases.drop(database)
    assert states[0] == states[1]
    assert len(states[0][1]) == 5


async def test_jurisdictions_are_named_by_the_source(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    url = clean_database.policy_url
    write_notes(tmp_path, {"en/1": note("1")})
    await import_notes(url, tmp_path)
    (tmp_path / "jurisdiction.json").write_text('{"id": "xx", "names": {"en": "Xland"}}')
    write_notes(tmp_path, {"en/2": note("2")})
    await import_notes(url, tmp_path)
    assert rows(url, "SELECT id, names FROM jurisdiction") == [("xx", {"en": "Xland"})]
    for wrong in ("{", '{"id": "X X", "names": {}}', '{"id": "xx"}', "[" * 50_000):
        (tmp_path / "jurisdiction.json").write_text(wrong)
        with pytest.raises(SourceProblem, match=r"jurisdiction\.json"):
            await import_notes(url, tmp_path)
