"""Which work cites which. Pure."""

from dataclasses import dataclass
from datetime import date

from services.policy.documents.domain import WorkKey


@dataclass(frozen=True, slots=True)
class Citation:
    """One citation in a current version, with the work at its other end where that is held."""

    version_id: int
    ordinal: int
    """Of the citing provision in its version; -1: the work as a whole."""
    seq: int
    relation: str
    """cites, enabled-by, amended-by"""
    label: str
    """As printed; may be empty."""
    citing: WorkKey
    citing_title: str
    lang: str
    date: date
    """Of the citing version."""
    eid: str
    """Of the citing provision; empty for the work as a whole."""
    target_uri: str
    target_eid: str
    target: WorkKey | None
    """None while the cited work is not held."""
    target_title: str
