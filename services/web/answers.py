"""What the policy API answers, as far as pages show it. Unknown members are ignored: the API may grow."""

from datetime import date as Day

from pydantic import AliasChoices, BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Page(_Answer):
    """Where a list goes on: addresses of the API, or None."""

    next: str | None = None
    prev: str | None = None


class WorkItem(_Answer):
    """A work in a list."""

    jurisdiction: str
    kind: str
    number: str
    href: str
    title: str
    lang: str
    date: Day
    status: str
    citations: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class WorkList(_Answer):
    """A page of works."""

    items: tuple[WorkItem, ...]
    page: Page = Page()


class Group(_Answer):
    """A jurisdiction or a kind, and how many works are held of it."""

    id: str = Field(validation_alias=AliasChoices("id", "jurisdiction", "kind", "name"))
    names: dict[str, str] = Field(default_factory=dict)
    count: int = Field(0, validation_alias=AliasChoices("count", "policies", "works"))


class VersionLink(_Answer):
    """One version of a work, without its text."""

    lang: str
    date: Day
    revision: int = 1
    published: Day | None = None
    status: str
    href: str


class Work(WorkItem):
    """A work with all versions held of it."""

    titles: dict[str, str] = Field(default_factory=dict)
    jurisdiction_names: dict[str, str] = Field(default_factory=dict)
    versions: tuple[VersionLink, ...] = ()


class Span(_Answer):
    """A range of days; None is open."""

    from_: Day | None = Field(None, alias="from")
    to: Day | None = None


class Dates(_Answer):
    """The days of a version."""

    published: Day | None = None
    in_force: Span = Span()
    last_amended: Day | None = None


class VersionWork(_Answer):
    """The work that a version belongs to."""

    jurisdiction: str
    kind: str
    number: str
    href: str
    frbr_uri: str = ""
    titles: dict[str, str] = Field(default_factory=dict)
    jurisdiction_names: dict[str, str] = Field(default_factory=dict)


class Provision(_Answer):
    """One part of a version. `html` was made and sanitised by the policy service."""

    eid: str
    kind: str
    level: int
    num: str = ""
    heading: str = ""
    note: str = ""
    status: str = "in-force"
    lang: str = ""
    in_force_from: Day | None = None
    in_force_to: Day | None = None
    hash: str = ""
    html: str = ""


class Version(_Answer):
    """A version with its provisions."""

    work: VersionWork
    lang: str
    date: Day
    revision: int = 1
    title: str
    long_title: str = ""
    citations: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    status: str
    content_hash: str = ""
    dates: Dates = Dates()
    languages: dict[str, str] = Field(default_factory=dict)
    current: bool
    previous: str | None = None
    next: str | None = None
    provisions: tuple[Provision, ...] = ()


class ProvisionAnswer(_Answer):
    """What is answered for a provision by itself."""

    provision: Provision


class HitWork(_Answer):
    """The work that a search result is in."""

    jurisdiction: str
    kind: str
    number: str
    href: str
    title: str
    status: str


class Fragment(_Answer):
    """A piece of a snippet; `hit` marks the words that were searched."""

    text: str
    hit: bool


class Hit(_Answer):
    """A search result: a work, or a provision when `eid` is not empty."""

    work: HitWork
    lang: str
    date: Day
    match: str
    eid: str = ""
    num: str = ""
    heading: str = ""
    path: tuple[str, ...] = ()
    status: str = "in-force"
    href: str
    snippet: tuple[Fragment, ...] = ()


class Total(_Answer):
    """How many results there are; at least so many when not exact."""

    value: int
    exact: bool = True


class FacetCount(_Answer):
    """How many results have one value."""

    value: str
    count: int


class Results(_Answer):
    """A page of search results. `facets` counts all that matches, by what was asked to be counted."""

    query: str
    corrected: str | None = None
    total: Total
    items: tuple[Hit, ...]
    page: Page = Page()
    facets: dict[str, tuple[FacetCount, ...]] = Field(default_factory=dict)
