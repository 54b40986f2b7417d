"""Reading forms: urlencoded, small, closed, with a token of ours."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from services.web.csrf import TOKEN_FIELD
from services.web.keys import FORM_TOKENS
from shared.errors import FieldError, Invalid, PlatformError, TooLarge, UnsupportedMedia
from shared.parse import field_errors, is_clean

MAX_BYTES = 64 * 1024
MAX_FIELDS = 50
_UNSAID = frozenset({"password", "code", "credential", "old_password", "new_password"})
M = TypeVar("M", bound="Form")


class Form(BaseModel):
    """Base of form models. Closed, so that no field can be sent that the page does not have."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Filled(Generic[M]):
    """A form as sent: its model, or what is wrong with it. `values` are shown again; passwords never are."""

    model: M | None
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """Field to sentence; the empty name is the form as a whole."""


async def read_form(
    request: web.Request, model: type[M], *, purpose: str, max_bytes: int = MAX_BYTES, max_fields: int = MAX_FIELDS
) -> Filled[M]:
    """The form's content. Raises UnsupportedMedia, TooLarge, Invalid, and Forbidden for a wrong token."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise UnsupportedMedia("Forms are sent as application/x-www-form-urlencoded.")
    if (request.content_length or 0) > max_bytes:
        raise TooLarge(f"A form may have at most {max_bytes} bytes.")
    values: dict[str, str] = {}
    for name, value in await _fields(request, max_bytes, max_fields):
        if name in values or not (is_clean(name) and is_clean(value)):
            raise Invalid("The form holds a field twice, or characters that are not text.")
        values[name] = value
    request.app[FORM_TOKENS].check(request, purpose, values.pop(TOKEN_FIELD, ""))
    shown = {name: value for name, value in values.items() if name not in _UNSAID}
    try:
        return Filled(model.model_validate(values), shown)
    except ValidationError as error:
        return Filled(None, shown, by_field(tuple(field_errors(error, "#/"))))


async def _fields(request: web.Request, max_bytes: int, max_fields: int) -> list[tuple[str, str]]:
    """Names and values. Our pages are UTF-8, so browsers send nothing else; what cannot be read so is refused."""
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMedia("Forms are sent in UTF-8.")
    try:
        return parse_qsl(
            (await _body(request, max_bytes)).decode(),
            keep_blank_values=True, errors="strict", max_num_fields=max_fields,
        )  # fmt: skip
    except ValueError:
        raise Invalid("The form is not UTF-8 text, or holds too many fields.") from None


async def _body(request: web.Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():  # a body without a length is counted as it comes
        body += chunk
        if len(body) > max_bytes:
            raise TooLarge(f"A form may have at most {max_bytes} bytes.")
    return bytes(body)


def by_field(found: tuple[FieldError, ...]) -> dict[str, str]:
    """Errors by the name of the field; the first one counts."""
    errors: dict[str, str] = {}
    for one in found:
        errors.setdefault(one.pointer.removeprefix("#/"), one.detail)
    return errors


def refusal(error: PlatformError) -> dict[str, str]:
    """What another service said against a form, by field; as a whole where it named no field."""
    return by_field(error.errors) or {"": error.detail}
