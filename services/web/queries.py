"""Reading the query of a page. Pages are linked to from everywhere, so what they do not know they leave alone."""

import re
from collections.abc import Mapping

from aiohttp import web

from shared.errors import FieldError, Invalid
from shared.parse import is_clean

MAX_CHARACTERS = 1000


def read_filters(request: web.Request, patterns: Mapping[str, str]) -> dict[str, str]:
    """The parameters named in `patterns` that were given and are not empty; Invalid for one that does not fit."""
    found: dict[str, str] = {}
    wrong: list[FieldError] = []
    for name, pattern in patterns.items():
        value = request.query.get(name, "")
        if not value:
            continue
        if len(value) > MAX_CHARACTERS or not is_clean(value) or not re.fullmatch(pattern, value, re.DOTALL):
            wrong.append(FieldError("is not a value that this page knows", name))
        found[name] = value
    if wrong:
        raise Invalid("The address of this page has a mistake.", errors=tuple(wrong))
    return found
