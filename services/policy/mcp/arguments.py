"""What tools are asked with. The models are the tools' input schemas, so that each field says what it means."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.policy.documents.addresses import LANG

_ADDRESS = (
    "Address of a policy, with or without https://host before it, as other tools give it: "
    "/api/v1/policies/{jurisdiction}/{kind}/{number}"
)
Lang = Annotated[str, Field(pattern=f"^{LANG}$", max_length=35, description="Language tag, such as en or fr.")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="A day, YYYY-MM-DD.")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Address = Annotated[str, Field(min_length=1, max_length=2000)]


class Arguments(BaseModel):
    """Base of all: closed, so that a slip is told and not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Search(Arguments):
    """Arguments of `search`."""

    q: str = Field(
        min_length=1, max_length=500,
        description='Words, a title, a citation, or a question. "quotes" for a phrase, -word to exclude, word* for a '
        "beginning, title:word for titles.",
    )  # fmt: skip
    lang: Lang | None = None
    jurisdiction: Slug | None = Field(None, description="Only this jurisdiction, such as ca.")
    kind: Slug | None = Field(None, description="Only this kind, such as act, regulation or by-law.")
    status: Literal["in-force", "not-in-force", "repealed", "proposed", "related"] | None = Field(
        None, description="Only provisions of this status; in-force is current law."
    )
    year: int | None = Field(None, ge=1000, le=9999, description="Only texts that began to stand in this year.")
    limit: int = Field(8, ge=1, le=50, description="Most results.")


class Policy(Arguments):
    """A policy as a whole: by its address, or by the three parts of it."""

    address: Address | None = Field(None, description=_ADDRESS)
    jurisdiction: Slug | None = Field(None, description="In place of an address, with kind and number.")
    kind: Slug | None = None
    number: str | None = Field(None, min_length=1, max_length=300)
    lang: Lang | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        parts = [self.jurisdiction, self.kind, self.number]
        if self.address is None and None in parts:
            raise ValueError("give an address, or jurisdiction, kind and number")
        if self.address is not None and any(part is not None for part in parts):
            raise ValueError("give either an address or jurisdiction, kind and number")
        return self


class Provision(Policy):
    """Arguments of `provision`."""

    date: Day | None = Field(None, description="The day on which the text stood; without it, the current text.")
    eid: str | None = Field(
        None, min_length=1, max_length=300,
        description="The provision, such as sec_2, where the address does not end in /~sec_2. `outline` lists them.",
    )  # fmt: skip


class Outline(Policy):
    """Arguments of `outline`."""

    date: Day | None = Field(None, description="The day on which the text stood; without it, the current text.")
    offset: int = Field(0, ge=0, le=100_000, description="How many provisions to leave out.")
    limit: int = Field(200, ge=1, le=500, description="Most provisions.")


class Diff(Policy):
    """Arguments of `diff`."""

    model_config = ConfigDict(populate_by_name=True)

    start: Day | None = Field(None, alias="from", description="The text of this day; without it, the version before.")
    end: Day | None = Field(None, alias="to", description="The text of this day; without it, the current one.")
    offset: int = Field(0, ge=0, le=100_000, description="How many changes to leave out.")
    limit: int = Field(20, ge=1, le=100, description="Most changes.")


class Timeline(Policy):
    """Arguments of `timeline`."""

    limit: int = Field(30, ge=1, le=200, description="Most versions, newest first.")


class Claim(Arguments):
    """A citation to check."""

    address: Address = Field(description="Address of a version or provision, with language and date.")
    sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")] | None = Field(None, description="The cited digest.")
    text: str | None = Field(None, max_length=200_000, description="Or the quoted words, whole.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.sha256 is None) == (self.text is None):
            raise ValueError("needs either sha256 or text")
        return self


class Verify(Arguments):
    """Arguments of `verify`."""

    items: list[Claim] = Field(min_length=1, max_length=20)


def input_schema(model: type[Arguments]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a tool's arguments."""
    return model.model_json_schema(by_alias=True)
