"""Versions for tests, made from a few words each."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.policy.diffs.domain import Part, Wording
from services.policy.diffs.wording import wording_of


@dataclass(frozen=True)
class P:
    """A provision as a test says it."""

    num: str
    text: str
    source_id: str = ""
    status: str = "in-force"
    eid: str = ""
    kind: str = "section"
    markup: str = ""


def version(*provisions: P) -> list[Part]:
    """The parts of a version."""
    return [
        Part(
            version_id=1, ordinal=at, parent=None, level=0, kind=p.kind, eid=p.eid or f"sec_{p.num}", num=p.num,
            heading="", note="", lang="en", status=p.status, source_id=p.source_id, hash=digest(p),
            in_force_from=None, last_amended=None,
        )
        for at, p in enumerate(provisions)
    ]  # fmt: skip


def wordings(*versions: Sequence[P]) -> Mapping[bytes, Wording]:
    """The texts of all provisions."""
    return {digest(p): wording_of(p.num, "", "", _content(p)) for provisions in versions for p in provisions}


def digest(p: P) -> bytes:
    """What content addressing does."""
    return hashlib.sha256(f"{p.kind}|{p.num}|{_content(p)}".encode()).digest()


def _content(p: P) -> str:
    return f"<p>{p.text}</p>{p.markup}"
