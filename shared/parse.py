"""Reading requests at the edge: every wrong field is reported at once, and nothing unknown is ignored."""

import json
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import FieldError, Invalid, TooLarge, Unprocessable, UnsupportedMedia

M = TypeVar("M", bound=BaseModel)


class Query(BaseModel):
    """Base of query models: closed, so an unknown parameter is a 400 that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """Base of body models: closed, so no field can be assigned that was not meant to be."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


def parse_query(request: web.BaseRequest, model: type[M]) -> M:
    """The query as `model`. A parameter given twice, unknown or ill-typed raises Invalid."""
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in request.query.items():
        if name in values and name not in _repeatable(model):
            errors.append(FieldError("is given more than once", name))
        elif not is_clean(value) or not is_clean(name):
            errors.append(FieldError("contains characters that are not text", name if is_clean(name) else "?"))
        elif name in _repeatable(model):
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    if not errors:
        try:
            return model.model_validate(values)
        except ValidationError as error:
            errors = field_errors(error, "")
    known = ", ".join(_names(model))
    raise Invalid(f"The query is not valid. Known parameters: {known}.", errors=tuple(errors))


async def parse_body(request: web.BaseRequest, model: type[M], *, max_bytes: int = 1_048_576) -> M:
    """The JSON body as `model`. Raises UnsupportedMedia, TooLarge, Invalid (bad JSON) or Unprocessable (bad fields)."""
    if request.content_type != "application/json":
        raise UnsupportedMedia("Send application/json.")
    if request.content_length is not None and request.content_length > max_bytes:
        raise TooLarge(f"The body may have at most {max_bytes} bytes.")
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > max_bytes:
            raise TooLarge(f"The body may have at most {max_bytes} bytes.")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Invalid(f"The body is not valid JSON{where}.") from None
    if not isinstance(value, dict):
        raise Invalid("The body must be a JSON object.")
    bad = _unclean_pointer(value, "#")
    if bad:
        raise Invalid("The body contains characters that are not text.", errors=(FieldError("not text", bad),))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Unprocessable("Some fields are not valid.", errors=tuple(field_errors(error, "#/"))) from None


def is_clean(text: str) -> bool:
    """False for NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def field_errors(error: ValidationError, prefix: str) -> list[FieldError]:
    """Pydantic's findings without the values, each with a pointer."""
    return [
        FieldError(_sentence(e["type"], e["msg"]), prefix + "/".join(map(str, e["loc"])))
        for e in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _sentence(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not known here"
    return message.removeprefix("Value error, ")


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _repeatable(model: type[BaseModel]) -> set[str]:
    return {
        field.alias or name for name, field in model.model_fields.items() if "list" in str(field.annotation).lower()
    }


def _unclean_pointer(value: Any, at: str) -> str:
    if isinstance(value, str):
        return "" if is_clean(value) else at
    if isinstance(value, dict):
        for key, item in value.items():
            found = _unclean_pointer(item, f"{at}/{key}") if is_clean(key) else at
            if found:
                return found
    if isinstance(value, list):
        for index, item in enumerate(value):
            found = _unclean_pointer(item, f"{at}/{index}")
            if found:
                return found
    return ""
