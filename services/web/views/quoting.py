"""How to cite a text or one of its sections, in the forms that people need."""

from dataclasses import dataclass
from datetime import date

from aiohttp import web

from services.web.answers import Provision, Version
from services.web.keys import LIBRARY
from services.web.paths import DATE, LANG, WORK_ROUTE, work_page
from services.web.queries import read_filters
from services.web.render import page, today
from services.web.texts import LANGUAGES, Texts, texts_of
from services.web.views.documents import work_href
from shared.errors import Invalid

_MAX_AGE = 300
_VERSION = f"{{lang:{LANG}}}@{{date:{DATE}}}"


@dataclass(frozen=True, slots=True)
class Forms:
    """One citation in each form. `digest` is the SHA-256 of the text cited, as the platform signs it."""

    plain: str
    legal: str
    markdown: str
    hashed: str
    digest: str


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(f"{WORK_ROUTE}/{_VERSION}/cite", show_forms)


async def show_forms(request: web.Request) -> web.Response:
    """GET …/{lang}@{date}/cite?section: the citation of a version, or of one section of it."""
    info, library = request.match_info, request.app[LIBRARY]
    eid = read_filters(request, {"section": r"\S+"}).get("section", "")
    try:
        day = date.fromisoformat(info["date"]).isoformat()
    except ValueError:
        raise Invalid(f"{info['date']} is not a date.") from None
    version = await library.version(work_href(request), info["lang"], day, content="none")
    day = version.date.isoformat()
    provision = await library.provision(work_href(request), version.lang, day, eid) if eid else None
    address = f"{work_page(info['jurisdiction'], info['kind'], info['number'])}/{version.lang}@{day}"
    if provision:
        address += f"#{provision.eid}"
    texts = texts_of(version.lang if version.lang in LANGUAGES else LANGUAGES[0])
    context = {
        "version": version,
        "cited": f"{work_href(request)}/{version.lang}@{day}" + (f"/~{provision.eid}" if provision else ""),
        "provision": provision,
        "address": address,
        "forms": lambda public_url: forms_of(texts, version, provision, public_url + address),
    }
    return page(request, "cite", context, document_lang=version.lang, max_age=_MAX_AGE)


def forms_of(texts: Texts, version: Version, provision: Provision | None, url: str) -> Forms:
    """The citation in the words of `texts`."""
    section = ""
    if provision is not None:
        number = provision.num or provision.heading or provision.note or provision.eid
        section = texts.t("cite.section", number=number) if provision.kind == "section" else number
    names = [version.title, section]
    name = ", ".join(part for part in names if part)
    legal = ", ".join(part for part in (version.title, *version.citations[:1], section) if part)
    digest = provision.hash if provision else version.content_hash
    dated = texts.t("cite.stood", date=texts.date(version.date))
    plain = f"{name}, {dated}, {url} ({texts.t('cite.read', date=texts.date(today()))})"
    return Forms(
        plain,
        f"{legal} ({dated})",
        f"[{_escaped(name)}]({url}) ({dated})",
        f"{name}, {dated}, {url}, sha256:{digest}",
        digest,
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
