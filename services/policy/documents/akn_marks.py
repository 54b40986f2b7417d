"""What an exported Akoma Ntoso document says beside the standard, so that it can be read back to the same state.

Akoma Ntoso lets every element carry attributes of another namespace. Those of `MARKS` tell provisions from mere
elements, and what stands in the file only because the schema wants it there. A reader who knows nothing of them
reads a valid document.
"""

MARKS = "urn:openpolicy:akn"
"""The namespace, written with the prefix `op`."""


def mark(name: str) -> str:
    """`name` in that namespace, as lxml writes it."""
    return f"{{{MARKS}}}{name}"


PROVISION = mark("provision")
"""On an element that is a provision: its kind."""
LEVEL = mark("level")
"""Its depth in the table of contents."""
STATUS = mark("status")
"""Its standing, where it is not in force."""
AMENDED = mark("amended")
"""When it was last amended."""
SOURCE_ID = mark("sourceId")
"""The source's own identifier, where it could not be a GUID."""
TERMS = mark("terms")
"""The terms it defines as a list in JSON, where its content does not show them."""
EMPTY = mark("empty")
"""`short` where its empty elements are stored as one tag, which is the same markup but has another hash."""
PART = mark("part")
"""On an element that shows a provision's num, heading or note."""
MADE = mark("made")
"""On an element that is no part of the stored text: `wrapper`, whose content is, or `filler`, which has none."""
AS = mark("as")
"""The stored name of an element that the schema does not allow where it stands."""
WITHOUT = mark("without")
"""Attributes that only the schema wants, parted by spaces."""
HREF = mark("href")
"""An address that is none by the standard."""
VERSION = mark("version")
"""In meta/proprietary: the version's standing and address."""
