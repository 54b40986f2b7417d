"""What the policy API answers about changes, as far as pages show it."""

from datetime import date as Day

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Run(_Answer):
    """A piece of text in a redline; `op` is `equal`, `insert` or `delete`."""

    op: str
    text: str


class ShortVersion(_Answer):
    """A version, in short."""

    date: Day
    revision: int = 1
    published: Day | None = None
    status: str
    title: str
    current: bool
    href: str


class Part(_Answer):
    """A provision as it is named."""

    eid: str
    kind: str
    num: str = ""
    heading: str = ""
    note: str = ""
    status: str = "in-force"
    href: str


class Change(_Answer):
    """A provision that differs; a side is None where it does not stand."""

    op: str
    ops: tuple[str, ...]
    from_: Part | None = Field(alias="from")
    to: Part | None
    words: tuple[Run, ...]


class TitledWork(_Answer):
    """The work that is compared."""

    jurisdiction: str
    kind: str
    number: str
    href: str
    titles: dict[str, str]


class Diff(_Answer):
    """A redline."""

    work: TitledWork
    lang: str
    from_: ShortVersion = Field(alias="from")
    to: ShortVersion
    summary: dict[str, int]
    title: tuple[Run, ...]
    items: tuple[Change, ...]


class Amendment(_Answer):
    """What changed a text, as the source names it."""

    label: str
    href: str | None = None


class Moment(ShortVersion):
    """A version in a timeline, with what it changed."""

    last_amended: Day | None = None
    change: str
    superseded: bool
    amended_by: tuple[Amendment, ...]
    summary: dict[str, int] | None
    diff: str | None


class Timeline(_Answer):
    """The versions of a work in one language, newest first."""

    work: TitledWork
    lang: str
    items: tuple[Moment, ...]


class Event(_Answer):
    """A wording of one provision, from one day until another."""

    from_: Day = Field(alias="from")
    until: Day | None
    op: str
    ops: tuple[str, ...]
    correction: bool
    provision: Part
    in_force_from: Day | None
    last_amended: Day | None
    by: tuple[Amendment, ...]
    words: tuple[Run, ...]


class History(_Answer):
    """One provision through all versions, oldest first. `removed` is the day on which it stood no more."""

    work: TitledWork
    lang: str
    eid: str
    removed: Day | None
    items: tuple[Event, ...]
