"""Holds what a platform has stored against the published files it came from, word by word.

Usage: DATABASE_URL=postgresql://… python -m tests.fidelity.stored ARCHIVE.zip
Exit code 0 when the stored text of every file of the archive equals its source, 1 otherwise.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import psycopg

from services.policy.imports.sources import without_release
from tests.fidelity.canada_laws_check import compare

_STORED = """
SELECT p.num, p.heading, p.note, p.content
  FROM policy.version_provision v
  JOIN policy.provision p ON p.hash = v.hash
 WHERE v.version_id = (SELECT f.version_id FROM policy.import_file f
                       WHERE f.importer = 'canada-laws' AND f.path = %s AND f.sha256 = sha256(%s)
                       LIMIT 1)  -- several releases may have had it
 ORDER BY v.ordinal
"""


def check_stored(archive: str, database_url: str, paths: list[str]) -> list[str]:
    """What is wrong with the stored text of these files, a line for each."""
    found = []
    with ZipFile(archive) as source, psycopg.connect(database_url) as connection:
        for path in paths:
            data = source.read(path)
            rows = connection.execute(_STORED, [without_release(path), data]).fetchall()
            problem = compare(data, ((str(n), str(h), str(o), str(c)) for n, h, o, c in rows)) if rows else "not stored"
            if problem:
                found.append(f"{path}: {problem}")
    return found


def _batches(paths: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(paths), size):
        yield paths[start : start + size]


def main(archive: Path, database_url: str) -> int:
    """Check all files on all cores; prints each finding and a last line that counts them."""
    with ZipFile(archive) as source:
        paths = sorted(p for p in source.namelist() if p.endswith(".xml"))
    with ProcessPoolExecutor() as pool:
        jobs = [pool.submit(check_stored, str(archive), database_url, batch) for batch in _batches(paths, 100)]
        found = [problem for job in jobs for problem in job.result()]
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(paths)} files compared with what is stored, {len(found)} differ\n")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.environ.get("DATABASE_URL"):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), os.environ["DATABASE_URL"]))
