"""What rendering needs of a stored row, and the reading of its markup."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from lxml import etree

Link = Callable[[str], str]
"""From an AKN address (`/akn/ca/act/A-1/~sec_2`) to where it is read (`/ca/act/A-1#sec_2`); empty: no link."""


class StoredProvision(Protocol):
    """One provision of one version, as read from the database."""

    @property
    def kind(self) -> str: ...
    @property
    def eid(self) -> str: ...
    @property
    def level(self) -> int: ...
    @property
    def num(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def content(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def lang(self) -> str: ...
    @property
    def status(self) -> str: ...


class DescribedVersion(Protocol):
    """A version with its work: what a whole document says of itself."""

    @property
    def jurisdiction(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def frbr_uri(self) -> str: ...
    @property
    def lang(self) -> str: ...
    @property
    def date(self) -> date: ...
    @property
    def title(self) -> str: ...
    @property
    def long_title(self) -> str: ...


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A `DescribedVersion` by itself."""

    jurisdiction: str
    kind: str
    number: str
    frbr_uri: str
    lang: str
    date: date
    title: str
    long_title: str = ""


_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
)


def parse_content(content: str) -> etree._Element | None:
    """The content below one root element, or None when there is none. Markup that cannot be read becomes its text."""
    if not content:
        return None
    try:
        return etree.fromstring(f"<x>{content}</x>", _PARSER)
    except etree.XMLSyntaxError:
        root = etree.Element("x")
        paragraph = etree.SubElement(root, "p")
        paragraph.text = "".join(c for c in content if c >= " " or c in "\t\n\r")
        return root


def site_address(href: str) -> str:
    """The default `Link`: `/akn/ca/act/A-1/~sec_2` is read at `/ca/act/A-1#sec_2`."""
    work, _, eid = href.removeprefix("/akn").partition("~")
    return f"{work.rstrip('/')}#{eid}" if eid else work
