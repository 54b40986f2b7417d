"""Documents in Akoma Ntoso 1.0 and 2.0, from before it was a standard, brought to the names of 3.0."""

import re

from lxml import etree

from services.policy.imports.akoma_ntoso.elements import local

_NAMESPACES = re.compile(r"http://www\.akomantoso\.org/[12]\.0\Z")
_WORK = re.compile(r"/[a-z]{2}(?:-[a-z0-9]+)*/[a-z][A-Za-z-]*/")
_ADDRESSED = {"FRBRuri": "value", "FRBRthis": "value"}


def modernise(root: etree._Element) -> None:
    """Rewrite `root` in place: `id` is `eId` today, and addresses of works begin with `/akn`."""
    if not _NAMESPACES.match(str(root.tag).partition("}")[0].lstrip("{")):
        return
    for element in root.iter():
        eid = element.attrib.pop("id", None)
        if eid is not None and element.get("eId") is None:
            element.set("eId", eid)
        name = _ADDRESSED.get(local(element), "href")
        if _WORK.match(element.get(name, "")):
            element.set(name, f"/akn{element.get(name)}")
