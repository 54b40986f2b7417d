"""Holds the links of the published law against the citations that a platform has stored.

Usage: DATABASE_URL=postgresql://… python -m tests.fidelity.links ARCHIVE.zip
Prints how many links there are, how many are citations of what is held, and the rest by reason.
Exit code 0 when every `XRefExternal` that names a held document is a citation of it, 1 otherwise.

Written against the format: with expat, by file names, and without the importer's rules for links and labels.
"""

import os
import re
import sys
import xml.etree.ElementTree as ET  # independent of lxml; the data is the published law, not a stranger's upload
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

import psycopg

from tests.fidelity.canada_laws_source import fold, pair_key

_HELD = """
SELECT DISTINCT f.path, v.work_id
  FROM policy.import_file f JOIN policy.version v ON v.id = f.version_id
 WHERE f.importer = 'canada-laws'
"""
_EDGES = """
SELECT l.target_id, l.label
  FROM policy.import_file f JOIN policy.citation_link l ON l.version_id = f.version_id
 WHERE f.importer = 'canada-laws' AND f.path = %s AND f.sha256 = sha256(%s)
"""
_STORED = "SELECT count(*) FROM policy.import_file WHERE importer = 'canada-laws' AND path = %s AND sha256 = sha256(%s)"

Link = tuple[str, str, str]
"""reference-type, link, the words as printed."""


def links(data: bytes) -> list[Link]:
    """Every `XRefExternal` of a file, in order."""
    root = ET.fromstring(data)  # noqa: S314 - see the import
    return [
        (e.get("reference-type", ""), e.get("link", "").strip(), fold("".join(e.itertext())))
        for e in root.iter("XRefExternal")
    ]


def named(kind: str, link: str) -> str:
    """The key of the document that a link names, as `pair_key` makes it; empty for what is no federal law."""
    if kind == "act" and re.fullmatch(r"[A-Z]-[\d.]+", link):
        return f"act:{link}"
    if kind == "regulation" or link.startswith(("SOR", "DORS", "SI", "TR", "C.R.C.")):
        return pair_key(f"eng/regulations/{link.replace('/', '-')}.xml")
    return ""


def reason(link: Link, held: dict[str, int]) -> str:
    """Why a link need not be a citation of a held work; empty when it must be."""
    kind, target, words = link
    if not target:
        return "names no document"
    key = named(kind, target)
    if not key:
        return "names something that is no federal law"
    if key not in held:
        return "names a document that is not held"
    return "" if words else "has no words"


def count_links(archive: Path, database_url: str, paths: Iterable[str]) -> tuple[Counter[str], list[str]]:
    """Links by what became of them, and a line for each that should be a citation and is not."""
    counts: Counter[str] = Counter()
    missing: list[str] = []
    with ZipFile(archive) as source, psycopg.connect(database_url) as connection:
        held = {pair_key(str(path)): int(work) for path, work in connection.execute(_HELD).fetchall()}
        for path in paths:
            data = source.read(path)
            stored = connection.execute(_STORED, [path, data]).fetchone()
            if stored is None or not stored[0]:
                missing.append(f"{path}: not stored")
                continue
            edges = {(target, fold(label)) for target, label in connection.execute(_EDGES, [path, data]).fetchall()}
            for link in links(data):
                why = reason(link, held)
                kind, target, words = link
                counts["links"] += 1
                counts[why or "citations of what is held"] += 1
                if not why and (held[named(kind, target)], words) not in edges:
                    missing.append(f"{path}: {kind} {target} ({words})")
    return counts, missing


def main(archive: Path, database_url: str) -> int:
    """Check the whole archive; prints each finding, then the counts."""
    with ZipFile(archive) as source:
        paths = sorted(p for p in source.namelist() if p.endswith(".xml"))
    counts, missing = count_links(archive, database_url, paths)
    for problem in missing:
        sys.stdout.write(f"{problem}\n")
    for what, number in counts.most_common():
        sys.stdout.write(f"{number:8} {what}\n")
    sys.stdout.write(f"{len(missing):8} are missing\n")
    return 1 if missing else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.environ.get("DATABASE_URL"):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), os.environ["DATABASE_URL"]))
