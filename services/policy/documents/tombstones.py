"""What is told of a text that was withdrawn."""

from datetime import UTC
from typing import Any

from services.policy.documents.addresses import version_href, work_href
from services.policy.documents.domain import Tombstone, WorkKey


def tombstone_body(key: WorkKey, tombstone: Tombstone) -> dict[str, Any]:
    """A tombstone as JSON: what it was, when it was withdrawn and why, and the digest of what it said."""
    return {
        "work": work_href(key),
        "lang": tombstone.lang,
        "date": tombstone.date.isoformat(),
        "revision": tombstone.revision,
        "published": tombstone.published.isoformat(),
        "href": version_href(key, tombstone.lang, tombstone.date),
        "content_hash": tombstone.content_hash.hex(),
        "reason": tombstone.reason,
        "withdrawn_at": tombstone.withdrawn_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
