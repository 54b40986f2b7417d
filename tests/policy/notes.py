"""A source format for tests: each `.note` file is a version as JSON, so that a test can say anything."""

import json
import os
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from services.policy.imports.model import (
    ImportProblem,
    ParsedProvision,
    ParsedVersion,
    ProvisionStatus,
    Reference,
    SourceFile,
    WorkIdentity,
    WorkStatus,
)


class Notes:
    """Reads notes. The environment variable NOTES_SECONDS makes each file take that long."""

    name = "notes"
    version = 1

    def select(self, paths: Iterable[SourceFile]) -> Sequence[SourceFile]:
        chosen = [file for file in paths if file.path.endswith(".note")]
        if not chosen:
            raise ImportProblem("none of the files is a note")
        return chosen

    def parse(self, path: str, data: bytes) -> ParsedVersion:
        time.sleep(float(os.environ.get("NOTES_SECONDS", "0")))
        try:
            note = json.loads(data)
        except ValueError as problem:
            line = problem.lineno if isinstance(problem, json.JSONDecodeError) else 0
            raise ImportProblem("not a note", line=line) from None
        if note.get("crash"):
            raise RuntimeError("a fault of the importer")
        return _version(path, note)


class BetterNotes(Notes):
    """The same format, read by a later parser: titles are spelt in capitals."""

    version = 2

    def parse(self, path: str, data: bytes) -> ParsedVersion:
        note = json.loads(data)
        note["title"] = note["title"].upper()
        return _version(path, note)


def note(
    number: str, *, lang: str = "en", day: str = "2020-01-01", texts: Sequence[Any] = ("One.",), **more: Any
) -> dict[str, Any]:
    """A note; `texts` are provisions, as plain texts or as the fields of a ParsedProvision."""
    return {"number": number, "lang": lang, "date": day, "title": f"Note {number}", "provisions": list(texts), **more}


def write_notes(folder: Path, notes: dict[str, dict[str, Any]]) -> Path:
    """Write notes under their paths; returns the folder."""
    for path, content in notes.items():
        file = folder / f"{path}.note"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
    return folder


def _version(path: str, note: dict[str, Any]) -> ParsedVersion:
    kind = note.get("kind", "act")
    jurisdiction = note.get("jurisdiction", "xx")
    return ParsedVersion(
        work=WorkIdentity(
            jurisdiction, kind, note["number"], f"/akn/{jurisdiction}/{kind}/{note['number']}",
            tuple(note.get("aliases", ())),
        ),
        lang=note["lang"],
        date=date.fromisoformat(note["date"]),
        title=note["title"],
        long_title=note.get("long_title", ""),
        citations=tuple(note.get("citations", ())),
        subjects=tuple(note.get("subjects", ())),
        status=WorkStatus(note.get("status", "in-force")),
        last_amended=date.fromisoformat(note["last_amended"]) if "last_amended" in note else None,
        enabling=tuple(Reference(href, "") for href in note.get("enabling", ())),
        source_ids={"notes": note["number"], "path": path},
        provisions=tuple(_provision(index, part) for index, part in enumerate(note["provisions"], 1)),
    )  # fmt: skip


def _provision(index: int, part: Any) -> ParsedProvision:
    if isinstance(part, str):
        part = {"text": part}
    fields = {"kind": "section", "eid": f"sec_{index}", "level": 0, "num": str(index), **part}
    fields.setdefault("content", f"<p>{fields.get('text', '')}</p>")
    fields["status"] = ProvisionStatus(fields.get("status", "in-force"))
    for name in ("in_force_from", "in_force_to", "last_amended"):
        if name in fields:
            fields[name] = date.fromisoformat(fields[name])
    fields["references"] = tuple(Reference(href, label) for href, label in fields.get("references", ()))
    return ParsedProvision(**fields)
