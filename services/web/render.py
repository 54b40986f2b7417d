"""Pages from templates: the interface's language, addresses of static files, and what caches may do."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup

from services.web.keys import ASSETS, FORM_TOKENS, NARROWED, WEB_SETTINGS
from services.web.language import UI_COOKIE, UI_PARAMETER, interface_language
from services.web.paths import page_of, work_page
from services.web.texts import LANGUAGES, Texts, texts_of
from shared.contracts.changes import ANY_TEXT, TAGS_HEADER

TEMPLATES = Path(__file__).parent / "templates"
_YEAR = 365 * 86400
_COMPRESS_OVER = 1024
_FOR_THE_GATEWAY = "CDN-Cache-Control"
_OF_A_304 = ("ETag", "Cache-Control", "Vary")


def set_up_templates(app: web.Application) -> None:
    """Templates with autoescape on, also for macros and fragments."""
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=app[ASSETS].path, page_of=page_of, work_page=work_page, languages=LANGUAGES)
    environment.filters["law"] = law


def law(html: str) -> Markup:
    """The one place that trusts markup: a provision's `html` from the policy service.

    It was sanitised against a closed list when imported and again when rendered there, it came over an authenticated
    hop, and the Content-Security-Policy would keep it from running or loading anything.
    """
    return Markup(html)  # noqa: S704 - see above


def page(
    request: web.Request,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    document_lang: str = "",
    status: int = 200,
    max_age: int | None = None,
    form: str = "",
    forms: Mapping[str, str] | None = None,
) -> web.Response:
    """Render `pages/{template}.html`.

    `max_age`: seconds that the gateway may keep it; such a page is the same for everyone who shares its language. None:
    it is somebody's own and kept nowhere. `document_lang`: the page is about a text in this language and speaks it, so
    its address alone decides how it looks. `form`: the purpose of a form token, given to the template as `form_token`.
    `forms`: names of further tokens for the template, and their purposes, beside that of `form`.
    """
    texts = texts_of(interface_language(request, document_lang))
    values: dict[str, Any] = _surroundings(request, texts) | dict(context or {})
    nonce = ""
    if form:
        tokens = request.app[FORM_TOKENS]
        values["form_token"], nonce = tokens.issue(request, form)
        values |= {name: tokens.issue(request, purpose, nonce)[0] for name, purpose in (forms or {}).items()}
    html = aiohttp_jinja2.render_string(f"pages/{template}.html", request, values)
    response = web.Response(text=html, content_type="text/html", charset="utf-8", status=status)
    response.headers["Content-Language"] = texts.lang
    if nonce:
        request.app[FORM_TOKENS].keep(response, nonce)
    if max_age is None:
        response.headers["Cache-Control"] = "no-store"
        return _remember_language(request, response, document_lang)
    response.headers.update(shared_caching(max_age))
    response.headers["Vary"] = "Accept-Encoding" if document_lang else "Accept-Encoding, Accept-Language, Cookie"
    response = _remember_language(request, _unless_known(request, response, html), document_lang)
    if len(html) > _COMPRESS_OVER and response.status == 200:
        response.enable_compression()
    return response


def shared_caching(seconds: int) -> dict[str, str]:
    """Header fields of what is the same for everyone: the gateway, which hears of changed texts, may keep it for so
    long. Browsers, which do not, ask each time, and mostly get 304."""
    return {
        "Cache-Control": "public, max-age=0, must-revalidate",
        _FOR_THE_GATEWAY: f"public, max-age={seconds}, stale-if-error=3600",
        TAGS_HEADER: ANY_TEXT,
    }


def fragment(request: web.Request, template: str, context: Mapping[str, Any] | None = None) -> web.Response:
    """A piece of a page that script puts in place: somebody's own, kept nowhere."""
    texts = texts_of(interface_language(request))
    html = aiohttp_jinja2.render_string(
        f"fragments/{template}.html", request, _surroundings(request, texts) | dict(context or {})
    )
    return web.Response(text=html, content_type="text/html", charset="utf-8", headers={"Cache-Control": "no-store"})


def today() -> date:
    """The day that decides what is in force: the same as for the policy service, in UTC."""
    return datetime.now(UTC).date()


def _surroundings(request: web.Request, texts: Texts) -> dict[str, Any]:
    query = {name: value for name, value in request.query.items() if name != UI_PARAMETER}
    return {
        "ui": texts.lang,
        "t": texts.t,
        "tn": texts.tn,
        "texts": texts,
        "path": request.path,
        "this_page": request.rel_url.raw_path,
        "in_language": {lang: str(request.rel_url.with_query(query | {UI_PARAMETER: lang})) for lang in LANGUAGES},
        "today": today(),
        "narrowed": request.get(NARROWED, False),
        "public_url": request.app[WEB_SETTINGS].public_url.rstrip("/"),
    }


def _unless_known(request: web.Request, response: web.Response, html: str) -> web.Response:
    tag = f'W/"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'  # weak: the gateway may compress otherwise
    response.headers["ETag"] = tag
    known = {part.strip() for part in request.headers.get("If-None-Match", "").split(",")}
    if response.status != 200 or tag not in known:
        return response
    kept = {name: response.headers[name] for name in _OF_A_304 if name in response.headers}
    return web.Response(status=304, headers=kept)


def _remember_language(request: web.Request, response: web.Response, document_lang: str) -> web.Response:
    chosen = request.query.get(UI_PARAMETER, "")
    if chosen in LANGUAGES and not document_lang:
        secure = request.app[WEB_SETTINGS].secure_cookies
        response.set_cookie(UI_COOKIE, chosen, path="/", max_age=_YEAR, secure=secure, httponly=True, samesite="Lax")
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers.popall(_FOR_THE_GATEWAY, None)
    return response
