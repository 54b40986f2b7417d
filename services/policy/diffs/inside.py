"""A part inside of a provision, such as one subsection, through the versions of the provision. Pure."""

import hashlib
from collections.abc import Mapping, Sequence

from services.policy.diffs.domain import Wording
from services.policy.diffs.lineage import Stay
from services.policy.diffs.repo import Content
from services.policy.diffs.wording import wording_of
from services.policy.documents.domain import ProvisionNotFound, ProvisionRow
from services.policy.documents.parts import part_of

Run = tuple[list[Stay], dict[bytes, Wording]]
"""Neighbouring stays of the part, each as a provision of its own, with their wordings."""


def inside(stays: Sequence[Stay], contents: Mapping[bytes, Content], relative: str) -> list[Run]:
    """The runs of versions in which the provision has the part whose eId, within the provision, is `relative`.

    More than one run where the part was taken out and came back.
    """
    runs: list[Run] = []
    stood = False
    for stay in stays:
        held = contents[stay.part.hash]
        eid = f"{stay.part.eid}__{relative}"
        row = ProvisionRow(
            kind=held.kind, eid=stay.part.eid, num=held.num, heading=held.heading, note=held.note,
            content=held.content, level=stay.part.level,
        )  # fmt: skip
        try:
            found = part_of(row, eid)
        except ProvisionNotFound:
            stood = False
            continue
        if not stood:
            runs.append(([], {}))
        stood = True
        identity = "\0".join((found.kind, found.num, found.heading, found.content))
        digest = hashlib.sha256(identity.encode()).digest()
        part = stay.part._replace(
            eid=eid, kind=found.kind, num=found.num, heading=found.heading, note="", level=found.level, hash=digest
        )
        inner, wordings = runs[-1]
        inner.append(Stay(stay.at, stay.ordinal, part, moved=False))
        wordings[digest] = wording_of(found.num, found.heading, "", found.content)
    return runs
