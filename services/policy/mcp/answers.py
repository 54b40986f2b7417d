"""What tools answer, as structured content. The models are the tools' output schemas."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Base of all."""

    model_config = ConfigDict(frozen=True)


class Quotable(Answer):
    """Something with an address of its own."""

    address: str = Field(description="Full public address, permanent: cite this.")
    title: str
    citations: list[str] = Field(description="How the policy is usually cited.")
    lang: str
    date: str = Field(description="The day since which this text stands.")
    status: str = Field(description="in-force is current law; anything else is not.")
    in_force: bool = Field(description="Whether this is law in force in the text that stands today.")
    sha256: str = Field(description="Digest for `verify`; of a part, that of the provision which it stands in.")


class Found(Quotable):
    """A search result."""

    eid: str
    num: str
    heading: str
    path: list[str] = Field(description="Headings above it, outermost first.")
    match: str = Field(description="What was found: title, citation, term, note or text.")
    snippet: str


class SearchAnswer(Answer):
    """Answer of `search`."""

    total: int
    exact: bool = Field(description="False when there may be more than were looked at.")
    corrected: str | None = Field(description="The spelling that was searched instead.")
    items: list[Found]


class ProvisionAnswer(Quotable):
    """Answer of `provision`."""

    eid: str
    num: str
    heading: str
    note: str
    path: list[str]
    text: str
    version: str = Field(description="Address of the whole text it stands in.")
    current: bool = Field(description="Whether that text is the one that stands today.")
    in_force_from: str | None
    in_force_to: str | None
    newer: str | None = Field(description="Address of the next later text, where one is held.")


class Entry(Answer):
    """A line of an outline."""

    eid: str
    level: int
    num: str
    heading: str
    status: str


class OutlineAnswer(Quotable):
    """Answer of `outline`."""

    current: bool
    total: int
    items: list[Entry]


class Revision(Answer):
    """A version on a timeline."""

    address: str
    date: str
    status: str
    current: bool
    amended_by: list[str]
    changes: dict[str, int] | None = Field(description="Provisions changed against the version before.")


class TimelineAnswer(Answer):
    """Answer of `timeline`."""

    title: str
    lang: str
    total: int
    items: list[Revision]


class ChangeEntry(Answer):
    """What happened to one provision."""

    ops: list[str]
    name: str
    before: str | None = Field(description="Its address in the older text.")
    after: str | None = Field(description="Its address in the newer text.")
    redline: str = Field(description="Deleted words in [-…-], inserted ones in {+…+}.")


class DiffAnswer(Answer):
    """Answer of `diff`."""

    title: str
    lang: str
    before: str = Field(description="Address of the older text.")
    after: str = Field(description="Address of the newer text.")
    summary: dict[str, int]
    total: int
    items: list[ChangeEntry]


class Checked(Answer):
    """A verdict on one citation."""

    address: str = Field(description="As it was given.")
    state: str = Field(description="matched, differs, not-held or not-found.")
    held: str | None = Field(description="Address of what is held there.")
    sha256: str | None
    detail: str


class VerifyAnswer(Answer):
    """Answer of `verify`."""

    items: list[Checked]


def output_schema(model: type[Answer]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a tool's structured content."""
    return model.model_json_schema(mode="serialization")
