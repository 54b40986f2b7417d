"""Cutting a source into batches, each imported in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.policy.imports.model import SourceFile
from services.policy.imports.sources import without_release

BATCH_FILES = 64
BATCH_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Files for one transaction, in the order to import them."""

    number: int
    files: tuple[SourceFile, ...]

    @property
    def bytes(self) -> int:
        """Their size together."""
        return sum(file.size for file in self.files)


def cut(files: Iterable[SourceFile]) -> list[Batch]:
    """Batches of `files` in their order, the releases of one file together and oldest first.

    Together, because the revisions of a text are numbered in the order they were published, and batches are imported
    side by side.
    """
    groups: dict[str, list[SourceFile]] = {}
    for file in files:
        groups.setdefault(without_release(file.path), []).append(file)
    batches: list[Batch] = []
    current: list[SourceFile] = []
    size = 0
    for group in groups.values():
        if current and (len(current) + len(group) > BATCH_FILES or size > BATCH_BYTES):
            batches.append(Batch(len(batches), tuple(current)))
            current, size = [], 0
        current += sorted(group, key=lambda file: file.release or date.max)
        size += sum(file.size for file in group)
    if current:
        batches.append(Batch(len(batches), tuple(current)))
    return batches
