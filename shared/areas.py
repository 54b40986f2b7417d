"""Areas: the jurisdictions in which an account may work on texts, as one line of text.

Their ids, separated by single spaces; `*` is all of them, now and later; nothing is none. An area is just that
jurisdiction: that of a country does not hold its towns.
"""

import re
from collections.abc import Iterable

EVERYWHERE = "*"
CHARACTERS = 1000
"""All ids together: every token bears them."""
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def parse_areas(names: Iterable[str]) -> str:
    """The line for these ids, sorted, each once; raises ValueError."""
    given = list(names)
    if given == [EVERYWHERE]:
        return EVERYWHERE
    wanted = sorted(set(given))
    if EVERYWHERE in wanted:
        raise ValueError(f"{EVERYWHERE} is everywhere, and stands alone")
    for name in wanted:
        if not _ID.fullmatch(name):
            raise ValueError("must be ids of jurisdictions, such as ca-port-lumen, or * alone")
    line = " ".join(wanted)
    if len(line) > CHARACTERS:
        raise ValueError(f"may have at most {CHARACTERS} characters in all")
    return line


def list_areas(areas: str) -> list[str]:
    """The ids in a line."""
    return areas.split(" ") if areas else []


def covers(areas: str, jurisdiction: str) -> bool:
    """Whether a line of areas holds a jurisdiction."""
    return areas == EVERYWHERE or jurisdiction in list_areas(areas)
