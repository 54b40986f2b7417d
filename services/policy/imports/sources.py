"""Where files come from: an archive, a folder (perhaps a git checkout) or a single file.

Nothing is unpacked to disk. Archives are hostile until shown otherwise: their names, counts and sizes are checked
before anything is read, and what is read is counted again, since an archive's own figures may lie.
"""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from services.policy.imports.model import ImportProblem, SourceFile
from services.policy.imports.xml import MAX_BYTES

MAX_FILES = 200_000
MAX_TOTAL_BYTES = 16 * 1024**3
MAX_RATIO = 250
"""Unpacked to packed, of one file over a megabyte; law in XML comes to 5 to 40."""

MAX_WHOLE_RATIO = 100
"""Unpacked to packed, of an archive as a whole that unpacks to over 64 megabytes."""
SINGLE = (".xml", ".md", ".csv")
"""Files that are a source by themselves."""

_DATED = re.compile(r"\A(\d{4}-\d{2}-\d{2})\Z")
_RATIO_FROM = 1024 * 1024


class SourceProblem(Exception):
    """The source as a whole cannot be used; the message says why, to whom it may concern."""


class SourceKind(StrEnum):
    """What a source is."""

    ZIP = "zip"
    FOLDER = "folder"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Source:
    """A source that exists. Picklable: each worker opens it for itself."""

    kind: SourceKind
    path: Path


class Reader(Protocol):
    """Reads the files of an open source."""

    def read(self, path: str) -> bytes:
        """The bytes of one file; raises ImportProblem when it is unreadable or too large."""
        ...


def find_source(path: Path) -> Source:
    """What is at `path`; raises SourceProblem when it is nothing that can be imported."""
    if path.is_dir():
        return Source(SourceKind.FOLDER, path.absolute())
    if not path.exists():
        raise SourceProblem(f"{path}: there is no such file or folder")
    if not path.is_file():
        raise SourceProblem(f"{path}: neither a file nor a folder")
    if path.suffix.lower() == ".zip":
        return Source(SourceKind.ZIP, path.absolute())
    if path.suffix.lower() in SINGLE:
        return Source(SourceKind.FILE, path.absolute())
    raise SourceProblem(
        f"{path}: not a kind of source that is read here: give a folder, a .zip, or one {', '.join(SINGLE)} file"
    )


def list_files(source: Source) -> list[SourceFile]:
    """Every file of the source, by path; raises SourceProblem for an archive that cannot be trusted or read."""
    match source.kind:
        case SourceKind.ZIP:
            files = _list_zip(source.path)
        case SourceKind.FOLDER:
            files = list(_list_folder(source.path))
        case SourceKind.FILE:
            files = [SourceFile(source.path.name, source.path.stat().st_size)]
    if not files:
        raise SourceProblem(f"{source.path}: empty")
    return sorted(files, key=lambda file: file.path)


@contextmanager
def opened(source: Source) -> Iterator[Reader]:
    """A reader of the source's files."""
    if source.kind is SourceKind.ZIP:
        with _open_zip(source.path) as archive:
            yield _ZipReader(archive)
    else:
        yield _FolderReader(source.path if source.kind is SourceKind.FOLDER else source.path.parent)


def without_release(path: str) -> str:
    """`path` without its dated folder, so that the releases of one file share a name."""
    return "/".join(part for part in path.split("/") if not _DATED.match(part))


# What zipfile raises for damaged members; for a compression method it lacks and for an encrypted member it raises
# subclasses of RuntimeError and RuntimeError itself.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)


class _ZipReader:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def read(self, path: str) -> bytes:
        try:
            with self._archive.open(path) as file:
                return _bounded(file.read(MAX_BYTES + 1))
        except _UNREADABLE as problem:
            raise ImportProblem(f"cannot be unpacked: {problem}") from None


class _FolderReader:
    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes:
        try:
            with (self._root / path).open("rb") as file:
                return _bounded(file.read(MAX_BYTES + 1))
        except OSError as problem:
            raise ImportProblem(f"cannot be read: {problem.strerror}") from None


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise ImportProblem(f"too large: over {MAX_BYTES:,} bytes")
    return data


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as problem:
        raise SourceProblem(f"{path}: not a zip archive, or a damaged one ({problem})") from None
    except OSError as problem:
        raise SourceProblem(f"{path}: cannot be read: {problem.strerror}") from None


def _list_zip(path: Path) -> list[SourceFile]:
    with _open_zip(path) as archive:
        entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise SourceProblem(f"{path}: {len(entries):,} entries, at most {MAX_FILES:,} are read")
    total = 0
    names: set[str] = set()
    files = []
    for entry in entries:
        _check_name(path, entry)
        if entry.is_dir() or _hidden(entry.filename.split("/")):
            continue
        if entry.flag_bits & 1:
            raise SourceProblem(f"{path}: {entry.filename} is encrypted")
        if entry.filename in names:
            raise SourceProblem(f"{path}: holds {entry.filename} twice")
        names.add(entry.filename)
        total += entry.file_size
        if entry.file_size > _RATIO_FROM and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise SourceProblem(f"{path}: {entry.filename} unpacks to over {MAX_RATIO} times its size, as a bomb does")
        files.append(SourceFile(entry.filename, entry.file_size, release_of(entry.filename)))
    if total > MAX_TOTAL_BYTES:
        raise SourceProblem(f"{path}: {total:,} bytes unpacked, at most {MAX_TOTAL_BYTES:,} are read")
    if total > max(MAX_BYTES, MAX_WHOLE_RATIO * path.stat().st_size):
        raise SourceProblem(f"{path}: unpacks to over {MAX_WHOLE_RATIO} times its size, as a bomb does")
    return files


def _check_name(path: Path, entry: zipfile.ZipInfo) -> None:
    # orig_filename is the name as stored: zipfile cuts `filename` at a NUL and mends separators.
    name = entry.orig_filename
    parts = name.rstrip("/").split("/")
    unsafe = name.startswith("/") or "\\" in name or "\0" in name or re.match(r"[A-Za-z]:", name)
    if unsafe or any(part in ("", ".", "..") for part in parts):
        raise SourceProblem(f"{path}: holds the unsafe name {name!r}")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise SourceProblem(f"{path}: {name} is a link")


def _list_folder(root: Path) -> Iterator[SourceFile]:
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            file = Path(folder, name)
            relative = file.relative_to(root).as_posix()
            if name.startswith(".") or not _is_plain(file):
                continue
            if not _is_text(relative):
                raise SourceProblem(f"{root}: the file name {relative!r} is not UTF-8")
            count += 1
            if count > MAX_FILES:
                raise SourceProblem(f"{root}: over {MAX_FILES:,} files")
            yield SourceFile(relative, file.stat().st_size, release_of(relative))


def _is_plain(file: Path) -> bool:
    """A regular file and no link, which might lead out of the folder."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return False


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _hidden(parts: list[str]) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def release_of(path: str) -> date | None:
    """The date of the dated folder in `path`, outermost first."""
    for part in path.split("/")[:-1]:
        if _DATED.match(part):
            try:
                return date.fromisoformat(part)
            except ValueError:
                continue
    return None
