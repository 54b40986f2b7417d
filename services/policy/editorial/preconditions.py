"""If-Match on writes: 428 without it, 412 when others have written meanwhile. Pure but for the header's text."""

import re
from dataclasses import dataclass

from shared.errors import PreconditionRequired

_TAG = re.compile(r'(W/)?"([^"]*)"')
_REVISION = re.compile(r"[dp]([0-9]{1,9})-")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the caller has read: ETags with their quotes, strong ones only."""

    tags: frozenset[str]
    anything: bool = False

    def meets(self, etag: str) -> bool:
        """Whether what stands there now is what the caller has read."""
        return self.anything or etag in self.tags

    @property
    def revision(self) -> int:
        """The newest revision that the caller names; 0 when none can be read from the tags."""
        return max((int(found[1]) for tag in self.tags if (found := _REVISION.match(tag[1:]))), default=0)


def expected(header: str | None) -> Expected:
    """The header's ETags; raises PreconditionRequired without one. A weak tag is none that a write can rest on."""
    if header is None or not header.strip():
        raise PreconditionRequired("Send the ETag that you read in If-Match, so that you write over nobody's work.")
    if header.strip() == "*":
        return Expected(frozenset(), anything=True)
    return Expected(frozenset(f'"{tag}"' for weak, tag in _TAG.findall(header) if not weak))
