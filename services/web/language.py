"""Which language a page speaks: `?ui=`, else the document's, else an earlier choice (cookie), else the browser's."""

from collections.abc import Sequence

from aiohttp import web

from services.web.texts import LANGUAGES

UI_COOKIE = "ui"
UI_PARAMETER = "ui"
_MAX_RANGES = 20


def accepted(header: str) -> list[str]:
    """The primary subtags of an Accept-Language header, most wanted first; malformed parts are skipped."""
    ranges: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:_MAX_RANGES]):
        tag, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        code = tag.strip().lower().partition("-")[0]
        if quality > 0 and code.isalpha():
            ranges.append((-quality, place, code))
    return [code for _, _, code in sorted(ranges)]


def prefer(request: web.Request, offered: Sequence[str]) -> str:
    """The one of `offered` (not empty) that the reader wants most, by the `lang` parameter, cookie and header."""
    wanted = [request.query.get("lang", ""), request.cookies.get(UI_COOKIE, "")]
    wanted += accepted(request.headers.get("Accept-Language", ""))
    by_code = {lang.partition("-")[0]: lang for lang in reversed(offered)}
    for code in wanted:
        found = by_code.get(code.partition("-")[0])
        if found:
            return found
    return next((lang for lang in LANGUAGES if lang in offered), offered[0])


def interface_language(request: web.Request, document_lang: str = "") -> str:
    """One of LANGUAGES."""
    for code in (request.query.get(UI_PARAMETER, ""), document_lang.partition("-")[0]):
        if code in LANGUAGES:
            return code
    wanted = [request.cookies.get(UI_COOKIE, ""), *accepted(request.headers.get("Accept-Language", ""))]
    return next((code for code in wanted if code in LANGUAGES), LANGUAGES[0])
