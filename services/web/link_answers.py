"""What the policy API answers about citations and about two languages side by side, as far as pages show it."""

from datetime import date as Day

from pydantic import BaseModel, ConfigDict, Field

from services.web.answers import Page, Provision, Total
from services.web.change_answers import TitledWork


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class NamedWork(_Answer):
    """A work by its name."""

    jurisdiction: str
    kind: str
    number: str
    href: str
    title: str


class Citing(_Answer):
    """Where a citation stands."""

    work: NamedWork
    lang: str
    date: Day
    eid: str = ""
    num: str = ""
    href: str


class Cited(_Answer):
    """What a citation points at. `work` and `href` are None for what is not held."""

    work: NamedWork | None
    frbr_uri: str = ""
    eid: str = ""
    state: str
    href: str | None


class Citation(_Answer):
    """One citation."""

    relation: str
    label: str
    from_: Citing = Field(alias="from")
    to: Cited


class Citations(_Answer):
    """A page of citations."""

    items: tuple[Citation, ...]
    page: Page = Page()
    total: Total | None = None


class Dependant(_Answer):
    """A work that cites another, or is made under it."""

    relations: tuple[str, ...]
    work: NamedWork


class Dependants(_Answer):
    """The works that depend on one directly, the first of them."""

    items: tuple[Dependant, ...]


class Row(_Answer):
    """A provision in two languages; a side is None where it has no like."""

    eid: str
    sides: tuple[Provision | None, Provision | None]


class Parallel(_Answer):
    """Two languages side by side."""

    work: TitledWork
    langs: tuple[str, str]
    versions: dict[str, str]
    paired: int
    unpaired: dict[str, int]
    rows: tuple[Row, ...]
