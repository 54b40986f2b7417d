"""Reading requests at the edge: every wrong field is reported at once, and nothing unknown is ignored."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NoReturn, TypeVar

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from shared.errors import FieldError, Invalid, TooLarge, Unprocessable, UnsupportedMedia

M = TypeVar("M", bound=BaseModel)

MOST_LEVELS = 64
"""How deep a JSON body may be nested: far more than any model, far less than the interpreter's stack."""

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_SENTENCES = {
    "extra_forbidden": "is not known here",
    "missing": "is required",
    "int_type": "must be a whole number",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "may have at most {max_length} characters",
    "string_pattern_mismatch": "must have the form {pattern}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}
"""What pydantic finds, in words for whoever sent it; what is not here is said as pydantic says it."""


class Query(BaseModel):
    """Base of query models: closed, so an unknown parameter is a 400 that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _plain_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        """Numbers are digits: pydantic would read "1_0" as 10."""
        wanted = cls.model_fields[info.field_name].annotation if info.field_name else None
        if wanted is int and isinstance(value, str) and not _WHOLE_NUMBER.fullmatch(value):
            raise ValueError("must be a whole number")
        return value


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
    said = f"The query is not valid. Known parameters: {known}." if known else "This address takes no parameters."
    raise Invalid(said, errors=tuple(errors))


async def parse_body(request: web.BaseRequest, model: type[M], *, max_bytes: int = 1_048_576) -> M:
    """The JSON body as `model`. Raises what `read_json` raises, or Unprocessable for bad fields."""
    value = await read_json(request, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise Invalid("The body must be a JSON object.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Unprocessable("Some fields are not valid.", errors=tuple(field_errors(error, "#/"))) from None


async def read_json(request: web.BaseRequest, *, max_bytes: int = 1_048_576) -> Any:
    """The JSON body, whatever it is. Raises UnsupportedMedia, TooLarge, or Invalid for what is no plain JSON."""
    if request.content_type != "application/json":
        raise UnsupportedMedia("Send application/json.")
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise UnsupportedMedia("Send the body without a Content-Encoding.")
    if request.content_length is not None and request.content_length > max_bytes:
        raise TooLarge(f"The body may have at most {max_bytes} bytes.")
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > max_bytes:
            raise TooLarge(f"The body may have at most {max_bytes} bytes.")
    try:
        value = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_distinct_names, parse_constant=_refuse_constant)
    except _GivenTwice as error:
        pointer = f"#/{error}" if is_clean(str(error)) else "#"
        raise Invalid("A field is given more than once.", errors=(FieldError("is given twice", pointer),)) from None
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Invalid(f"The body is not valid JSON{where}.") from None
    if _is_deeper(value, MOST_LEVELS):
        raise Invalid(f"The body may be nested {MOST_LEVELS} levels deep.")
    bad = _unclean_pointer(value, "#")
    if bad:
        raise Invalid("The body contains characters that are not text.", errors=(FieldError("not text", bad),))
    return value


def is_clean(text: str) -> bool:
    """False for NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def field_errors(error: ValidationError, prefix: str) -> list[FieldError]:
    """Pydantic's findings without the values, each with a pointer."""
    return [
        FieldError(_sentence(e["type"], e["msg"], e.get("ctx", {})), prefix + "/".join(map(str, e["loc"])))
        for e in error.errors(include_url=False, include_input=False)
    ]


def _sentence(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind == "string_too_short" and context.get("min_length") == 1:
        return "must not be empty"
    known = _SENTENCES.get(kind)
    return known.format_map(context) if known else message.removeprefix("Value error, ")


class _GivenTwice(ValueError):
    """A JSON object names a field twice; readers differ in which one counts."""


def _distinct_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _GivenTwice(name)
        found[name] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


@cache  # models are few and live as long as the process; telling costs half a millisecond
def _repeatable(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(
        field.alias or name for name, field in model.model_fields.items() if "list" in str(field.annotation).lower()
    )


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [part for one in level for part in _parts(one)]
        if not level:
            return False
    return True


def _parts(value: Any) -> Iterable[Any]:
    """What a JSON value contains that may contain something itself."""
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [part for part in held if isinstance(part, dict | list)]


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
