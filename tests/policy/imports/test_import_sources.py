"""Sources: folders, archives, hostile archives, single files, and when they were published."""

import os
import random
import shutil
import struct
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pytest

from services.policy.imports.batches import BATCH_FILES, cut
from services.policy.imports.model import ImportProblem, SourceFile
from services.policy.imports.release import Release, release_of_source
from services.policy.imports.sources import (
    SourceKind,
    SourceProblem,
    find_source,
    list_files,
    opened,
    without_release,
)

TODAY = date(2026, 10, 1)


FILES = {"b/2.xml": b"two", "b/": b"", "a/1.xml": b"one", "__MACOSX/x": b"", ".x/y": b""}
UNSAFE = ["/etc/passwd", "../up.xml", "a/../../up.xml", "a\\..\\up.xml", "C:/x.xml", "a//b", "./a"]


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def paths(path: Path) -> list[str]:
    return [file.path for file in list_files(find_source(path))]


def read(path: Path, name: str) -> bytes:
    with opened(find_source(path)) as reader:
        return reader.read(name)


def test_an_archive_is_listed_and_read(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "a.zip", {"b/2.xml": b"two", "b/": b"", "a/1.xml": b"one", "__MACOSX/x": b"", ".x/y": b""}
    )
    assert paths(path) == ["a/1.xml", "b/2.xml"]
    assert read(path, "b/2.xml") == b"two"


def test_a_folder_is_listed_without_what_is_hidden_or_leads_away(tmp_path: Path) -> None:
    root = tmp_path / "law"
    for name in ("en/1.xml", ".git/config", "en/.hidden", "fr/2.xml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (tmp_path / "secret.xml").write_text("secret")
    (root / "en/link.xml").symlink_to(tmp_path / "secret.xml")
    (root / "away").symlink_to(tmp_path)
    os.mkfifo(root / "en/pipe.xml")
    assert paths(root) == ["en/1.xml", "fr/2.xml"]
    assert read(root, "fr/2.xml") == b"fr/2.xml"


def test_a_single_file_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "A-1.xml").write_bytes(b"<a/>")
    assert find_source(tmp_path / "A-1.xml").kind is SourceKind.FILE
    assert paths(tmp_path / "A-1.xml") == ["A-1.xml"]
    assert read(tmp_path / "A-1.xml", "A-1.xml") == b"<a/>"


@pytest.mark.parametrize("name", UNSAFE)
def test_an_unsafe_name_refuses_the_archive(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "a.zip", {"good.xml": b"x", name: b"x"})
    with pytest.raises(SourceProblem, match="unsafe name"):
        paths(path)


def test_a_link_in_an_archive_refuses_it(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("link.xml")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(entry, "/etc/passwd")
    with pytest.raises(SourceProblem, match="is a link"):
        paths(tmp_path / "a.zip")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"bomb.xml": b"\0" * 30_000_000})
    with pytest.raises(SourceProblem, match="bomb"):
        paths(path)


def test_an_archive_that_lies_about_sizes_is_bounded_when_read(tmp_path: Path) -> None:
    """The directory says one byte; what comes out is counted all the same."""
    path = archive(tmp_path / "a.zip", {"bomb.xml": b"\0" * 80_000_000})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 24, 1)
    path.write_bytes(data)
    assert paths(path) == ["bomb.xml"]
    with pytest.raises(ImportProblem):
        read(path, "bomb.xml")


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "large.xml").open("wb") as file:
        file.truncate(70 * 1024 * 1024)
    with pytest.raises(ImportProblem, match="too large"):
        read(tmp_path / "large.xml", "large.xml")


def test_a_damaged_file_in_an_archive_is_its_own_problem(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(5000)  # noqa: S311 - something that does not pack, the same each time
    path = archive(tmp_path / "a.zip", {"good.xml": b"good", "bad.xml": noise})
    data = bytearray(path.read_bytes())
    at = data.find(b"bad.xml") + 500
    data[at : at + 40] = bytes(40)
    path.write_bytes(data)
    assert read(path, "good.xml") == b"good"
    with pytest.raises(ImportProblem, match="cannot be unpacked"):
        read(path, "bad.xml")


def test_an_encrypted_or_ambiguous_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"a.xml": b"x"})
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(SourceProblem, match="encrypted"):
        paths(path)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as made:
        made.writestr("a.xml", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("a.xml", "2")
    with pytest.raises(SourceProblem, match="twice"):
        paths(tmp_path / "b.zip")


def test_what_is_no_source_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and then nothing")
    (tmp_path / "law.pdf").write_bytes(b"%PDF")
    (tmp_path / "empty").mkdir()
    archive(tmp_path / "none.zip", {})
    for name, words in (
        ("absent", "no such file"), ("broken.zip", "not a zip"), ("law.pdf", "not a kind of source"),
        ("empty", "empty"), ("none.zip", "empty"),
    ):  # fmt: skip
        with pytest.raises(SourceProblem, match=words):
            paths(tmp_path / name)


def test_a_name_that_is_not_text_is_said(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.xml")).write_text("x")
    with pytest.raises(SourceProblem, match="not UTF-8"):
        paths(tmp_path)


def test_a_dated_folder_is_the_release_of_its_files(tmp_path: Path) -> None:
    names = ["2023-08-01/eng/A-1.xml", "eng/2023-08-01.xml", "2023-99-01/A-1.xml"]
    files = {
        file.path: file.release
        for file in list_files(find_source(archive(tmp_path / "a.zip", dict.fromkeys(names, b"x"))))
    }
    assert files == dict(zip(names, (date(2023, 8, 1), None, None), strict=True))
    assert without_release("x/2023-08-01/eng/A-1.xml") == "x/eng/A-1.xml"
    assert without_release("eng/2023-08-01.xml") == "eng/2023-08-01.xml"


def test_the_release_of_a_source(tmp_path: Path) -> None:
    (tmp_path / "laws_2026-07-23").mkdir()
    (tmp_path / "2021-02-03").mkdir()
    (tmp_path / "plain").mkdir()
    archive(tmp_path / "laws_2025-01-02.zip", {"a": b""})
    archive(tmp_path / "laws_2025-13-02.zip", {"a": b""})
    found = {path.name: release_of_source(find_source(path), None, TODAY) for path in tmp_path.iterdir()}
    assert found == {
        "laws_2026-07-23": Release(date(2026, 7, 23), True),
        "2021-02-03": Release(date(2021, 2, 3), True),
        "plain": Release(TODAY, False),
        "laws_2025-01-02.zip": Release(date(2025, 1, 2), True),
        "laws_2025-13-02.zip": Release(TODAY, False),
    }
    given = release_of_source(find_source(tmp_path / "laws_2026-07-23"), date(2020, 1, 1), TODAY)
    assert given == Release(date(2020, 1, 1), True)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_release_of_a_checkout_is_its_commit(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    (tmp_path / "law/a.xml").write_text("<a/>")
    env = {**os.environ, "GIT_COMMITTER_DATE": "2024-03-04T12:00:00Z", "GIT_AUTHOR_DATE": "2020-01-01T12:00:00Z"}
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.hooksPath=/dev/null"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *identity, *command], cwd=tmp_path / "law", env=env, check=True)
    assert release_of_source(find_source(tmp_path / "law"), None, TODAY) == Release(date(2024, 3, 4), True)
    assert paths(tmp_path / "law") == ["a.xml"]


def test_batches_hold_every_file_once_and_releases_together() -> None:
    files = [
        SourceFile(f"{release}/eng/{number}.xml", 100_000, date.fromisoformat(release))
        for release in ("2022-01-01", "2021-01-01")
        for number in range(200)
    ]
    batches = cut(files)
    assert sorted(file.path for batch in batches for file in batch.files) == sorted(file.path for file in files)
    assert [batch.number for batch in batches] == list(range(len(batches)))
    for batch in batches:
        assert len(batch.files) <= BATCH_FILES
        assert batch.bytes <= 6_000_000
        assert [file.release for file in batch.files] == [date(2021, 1, 1), date(2022, 1, 1)] * (len(batch.files) // 2)
    assert cut([]) == []
