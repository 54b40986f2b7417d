"""Measures redlines of real law against difflib over the whole texts.

    python -m tests.bench.redline [--data FILE] [--laws NAME ...] [--pairs N] [--careful]

Takes neighbouring versions of each law from an archive of older versions (folders named by date), as the service finds
them after reading its tables, and times the whole redline: pairing provisions, writing out the text of those that
differ, comparing their words. difflib compares the words of both texts, with its guess at words too frequent to help,
or without it (--careful). Also checks that each redline is exact. Exits 1 when one is not, 2 when it cannot measure.
"""

import argparse
import difflib
import re
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TypeVar

from services.policy.diffs.align import settled
from services.policy.diffs.compare import changes_of, compare
from services.policy.diffs.domain import Change, Part, Wording
from services.policy.diffs.wording import wording_of
from services.policy.imports.canada_laws import CanadaLaws
from services.policy.imports.prepare import ProvisionTuple, prepare
from tests.policy.diffs.applying import Step, apply

DATA = Path(__file__).parents[3] / "shared/data/canada_federal/history.zip"
LAWS = ("A-1.xml", "F-11.xml", "P-21.xml", "L-2.xml", "SOR-2017-109.xml")
_WORD = re.compile(r"\w+|[^\w\s]")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the service reads it from its tables."""

    parts: list[Part]
    rows: dict[bytes, ProvisionTuple]

    def text(self, digest: bytes) -> Wording:
        """The text of a provision, written out from its markup."""
        _, _, _, num, heading, note, content, _ = self.rows[digest]
        return wording_of(num, heading, note, content)


def main() -> int:
    """Write one line for each pair and the median."""
    parser = argparse.ArgumentParser(description="Redlines of real law, timed against difflib.")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--laws", nargs="*", default=LAWS, help="file names; all of them when none is given")
    parser.add_argument("--pairs", type=int, default=2, help="at most so many pairs of each law and language")
    parser.add_argument("--careful", action="store_true", help="difflib without its guess: minutes for a long act")
    asked = parser.parse_args()
    if not asked.data.is_file():
        sys.stderr.write(f"there is no archive at {asked.data}\n")
        return 2
    ratios: list[float] = []
    exact = True
    sys.stdout.write(f"{'law':32}{'kB':>6}{'provisions':>11}{'changes':>8}{'redline ms':>11}{'difflib ms':>11}\n")
    with zipfile.ZipFile(asked.data) as archive:
        for name, paths in sorted(_files(archive, asked.laws).items()):
            versions = [read(archive.read(path)) for path in paths[: asked.pairs + 1]]
            for old, new in pairwise(versions):
                spent, changes = _timed(partial(redlined, old, new))
                texts = [[version.text(part.hash).text for part in version.parts] for version in (old, new)]
                exact &= apply([_step(change) for change in changes], texts[0]) == texts[1]
                words = [_WORD.findall("\n\n".join(text)) for text in texts]
                against = _difflib(words[0], words[1], autojunk=not asked.careful)
                ratios.append(against / spent)
                sys.stdout.write(f"{name:32}{sum(map(len, texts[1])) / 1000:6.0f}{len(new.parts):11}{len(changes):8}")
                sys.stdout.write(f"{spent:11.1f}{against:11.0f}\n")
    if not ratios:
        sys.stderr.write("no law of these names has two versions there\n")
        return 2
    sys.stdout.write(f"{len(ratios)} pairs; {min(ratios):.0f} to {max(ratios):.0f} times as fast as difflib, ")
    sys.stdout.write(f"median {median(ratios):.0f}\n")
    sys.stdout.write("every redline applied gives the new text\n" if exact else "A REDLINE IS NOT EXACT\n")
    return 0 if exact else 1


def read(data: bytes) -> Version:
    """A law file, as it would stand in the tables."""
    prepared = prepare(CanadaLaws().parse("law.xml", data))
    rows = {row[0]: row for row in prepared.provisions}
    parts = []
    for ordinal, parent, level, eid, digest, status, start, _, amended, source_id, _ in prepared.placements:
        _, lang, kind, num, heading, note, _, _ = rows[digest]
        parts.append(
            Part(
                0,
                ordinal,
                parent,
                level,
                kind,
                eid,
                num,
                heading,
                note,
                lang,
                status,
                source_id,
                digest,
                start,
                amended,
            )
        )
    return Version(parts, rows)


def redlined(old: Version, new: Version) -> tuple[Change, ...]:
    """What the service does between its two questions to the database and its answer."""
    known = settled(old.parts, new.parts)
    wordings: dict[bytes, Wording] = {}
    for version in (old, new):
        for part in version.parts:
            if (part.eid, part.hash) not in known and part.hash not in wordings:
                wordings[part.hash] = version.text(part.hash)
    comparison = compare(old.parts, new.parts, wordings)
    for finding in comparison.findings:
        for version, side in ((old, finding.pair.old), (new, finding.pair.new)):
            if side is not None and side.hash not in wordings:
                wordings[side.hash] = version.text(side.hash)
    return changes_of(comparison, wordings)


def _files(archive: zipfile.ZipFile, laws: Sequence[str]) -> dict[str, list[str]]:
    """The paths of each law's versions, oldest first, by its path without the dated folder."""
    found: dict[str, list[str]] = {}
    for path in sorted(archive.namelist()):
        _, _, inner = path.partition("/")
        if path.endswith(".xml") and (not laws or inner.rpartition("/")[2] in laws):
            found.setdefault(inner, []).append(path)
    return found


def _difflib(old: list[str], new: list[str], *, autojunk: bool) -> float:
    return _timed(difflib.SequenceMatcher(None, old, new, autojunk=autojunk).get_opcodes)[0]


def _step(change: Change) -> Step:
    return Step(
        change.old.ordinal if change.old else None,
        change.new.ordinal if change.new else None,
        [(run.op, run.text) for run in change.words],
    )


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """Milliseconds, and what came of it."""
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) * 1000, result


if __name__ == "__main__":
    sys.exit(main())
