"""How the policy service tells the gateways that what they keep of it is of the past."""

from functools import lru_cache
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

TAGS_HEADER = "Cache-Tags"
"""On an answer: what it was made of; not passed on to clients. Without it, that depends on nothing announced."""
ANY_TEXT = "law"
"""The tag of lists, searches and figures, which any change may alter."""
CHANNEL = "policy:changed"
"""Redis: each message is a Changed as JSON."""
COUNT_KEY = "policy:changes"
"""Redis: the number of the last message; who has seen another one as the last has missed some."""
LISTENING_KEY = "policy:listening"
"""Redis: stands there for LISTENING_MS after a policy service has found that it hears of every commit. Without it,
nobody can tell whether a text was changed."""
LISTENING_MS = 700


class Changed(BaseModel):
    """Texts were published, corrected or withdrawn, and committed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    number: int
    tags: tuple[str, ...] | None
    """Of the works; with them, ANY_TEXT changed too. None: some were missed, and it is not known which."""


@lru_cache(maxsize=1024)
def work_tag(jurisdiction: str, kind: str, number: str) -> str:
    """The tag of what was made of one work alone; safe in a header field, in lower case."""
    return "/".join([quote(part, safe="") for part in (jurisdiction, kind, number)]).lower()
