"""What rendering needs of a stored row, and the reading of its markup."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from lxml import etree

Day = date  # inside StoredVersion the name `date` is a field
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


class DatedProvision(StoredProvision, Protocol):
    """A provision with the period in which it is law, where one is known."""

    @property
    def in_force_from(self) -> date | None: ...
    @property
    def in_force_to(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation as stored: the cited work's address and the eId in it, empty where the source names none."""

    uri: str
    eid: str
    label: str

    @property
    def href(self) -> str:
        """`/akn/ca/act/A-1/~sec_2`."""
        return f"{self.uri}/~{self.eid}" if self.eid else self.uri


@dataclass(frozen=True, slots=True)
class ProvisionFacts:
    """What is stored of a provision beside its text."""

    last_amended: Day | None = None
    source_id: str = ""
    """The source's own identifier of it."""
    terms: tuple[str, ...] | None = None
    cites: tuple[Cited, ...] | None = None
    """None: those that its content shows."""


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What is stored of a version beside its text and head; `provisions` by eId."""

    enabling: tuple[Cited, ...] = ()
    amended_by: tuple[Cited, ...] = ()
    provisions: Mapping[str, ProvisionFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version with its work: what a whole document says of itself."""

    jurisdiction: str
    kind: str
    number: str
    frbr_uri: str
    lang: str
    date: Day
    title: str
    long_title: str = ""
    status: str = "in-force"
    in_force_from: Day | None = None
    last_amended: Day | None = None
    published: Day | None = None
    citations: Sequence[str] = ()
    subjects: Sequence[str] = ()
    aliases: Sequence[str] = ()
    """Other numbers of the work."""
    source_ids: Mapping[str, str] = field(default_factory=dict)
    amended_by: Sequence[Cited] = ()
    enabling: Sequence[Cited] = ()
    facts: Mapping[str, ProvisionFacts] = field(default_factory=dict)
    """By eId."""


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


def address_of(href: str, own_uri: str) -> tuple[str, str]:
    """The work and the eId that `href` names, both empty for what is neither an AKN address nor `#eid`."""
    if href.startswith("#"):
        return own_uri, href[1:]
    uri, _, eid = href.partition("~")
    return (uri.rstrip("/"), eid) if href.startswith("/akn/") else ("", "")
