"""What the source says of a heading's place."""

from services.policy.imports.canada_laws.eids import FIRST
from services.policy.imports.canada_laws.hierarchy import label_text
from services.policy.imports.canada_laws.markup import Element

_GROUP_LEVELS = {"group1": 1, "group2": 2, "group3": 3, "group4": 4, "group5": 5}


def first_number(heading: Element, label: str) -> str:
    """`I` when `label` calls a heading the first and another in the same schedule is number II, else `1`."""
    words = label.split()
    if len(words) == 2 and FIRST.fullmatch(words[1]):
        around = next(heading.iterancestors("Schedule"), heading.getroottree().getroot())
        for other in around.iter("Heading", "GroupHeading"):
            if label_text(other).upper().split() == [words[0].upper(), "II"]:
                return "I"
    return "1"


def source_level(element: Element) -> int:
    """A heading's depth in the source, 1 outermost."""
    level = element.get("level", "")
    if level.isdecimal():
        return int(level)
    return _GROUP_LEVELS.get(element.get("format-ref", "").split("-")[0], 1)
