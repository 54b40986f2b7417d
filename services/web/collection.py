"""The law, as the policy service holds it. Everything here is public, so it is asked as nobody in particular."""

from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import BaseModel, ValidationError

from services.web.answers import Group, Provision, ProvisionAnswer, Results, Version, Work, WorkList
from services.web.change_answers import Diff, History, Timeline
from services.web.link_answers import Citations, Dependants, Parallel
from services.web.paths import API_ROOT, work_api
from shared.client import ServiceClient
from shared.errors import BadGateway

M = TypeVar("M", bound=BaseModel)


class Library:
    """Typed reads of the policy API. Raises the kinds of error that the API answers, BadGateway for nonsense."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    @property
    def client(self) -> ServiceClient:
        """The same service for those who ask in somebody's name."""
        return self._client

    async def jurisdictions(self) -> list[Group]:
        """Every jurisdiction with policies held."""
        return _groups(await self._body("/api/v1/jurisdictions"))

    async def kinds(self) -> list[Group]:
        """Every kind of policy held."""
        return _groups(await self._body("/api/v1/kinds"))

    async def policies(self, **filters: str) -> WorkList:
        """A page of works; empty filters are left out."""
        return _read(WorkList, await self._body(API_ROOT, filters))

    async def work(self, jurisdiction: str, kind: str, number: str) -> Work:
        """One work and its versions. An alias is followed, so the answer may bear another number."""
        return _read(Work, await self._body(work_api(jurisdiction, kind, number)))

    async def version(self, work: str, lang: str, date: str = "", *, content: str = "html") -> Version:
        """The text in `lang` that stood on `date` (today when empty); `work` is the API address of the work."""
        address = f"{work}/{quote(lang, safe='')}" + (f"@{date}" if date else "")
        return _read(Version, await self._body(address, {"content": content}))

    async def provision(self, work: str, lang: str, date: str, eid: str) -> Provision:
        """One provision of a version, without its text."""
        body = await self._body(f"{work}/{lang}@{date}/~{quote(eid, safe='')}", {"content": "none"})
        return _read(ProvisionAnswer, body).provision

    async def diff(self, work: str, lang: str, old: str = "", new: str = "") -> Diff:
        """The redline between two days; without `new` the current text, without `old` the one before."""
        return _read(Diff, await self._body(f"{work}/diff", {"from": old, "to": new, "lang": lang, "format": "json"}))

    async def timeline(self, work: str, lang: str) -> Timeline:
        """The versions in one language, newest first, with what each changed."""
        return _read(Timeline, await self._body(f"{work}/timeline", {"lang": lang}))

    async def history(self, work: str, eid: str, lang: str) -> History:
        """One provision through all versions, oldest first."""
        return _read(History, await self._body(f"{work}/provisions/{quote(eid, safe='')}/history", {"lang": lang}))

    async def citations(self, work: str, direction: str, lang: str, **page: str) -> Citations:
        """A page of what a work cites (`out`) or of what cites it (`in`), with how many there are in all."""
        asked = {"direction": direction, "lang": lang, "count": "exact", **page}
        return _read(Citations, await self._body(f"{work}/citations", asked))

    async def dependants(self, work: str, lang: str, limit: int) -> Dependants:
        """The first works that cite one or are made under it."""
        return _read(Dependants, await self._body(f"{work}/impact", {"lang": lang, "limit": str(limit)}))

    async def parallel(self, work: str, langs: tuple[str, str], day: str) -> Parallel:
        """The texts of a day in two languages, row by row."""
        body = await self._body(f"{work}/parallel", {"langs": ",".join(langs), "date": day, "content": "html"})
        try:
            rows = [{"eid": row["eid"], "sides": [row[lang] for lang in langs]} for row in body["rows"]]
        except (KeyError, TypeError) as error:
            raise _nonsense() from error
        return _read(Parallel, body | {"rows": rows})

    async def search(self, **parameters: str) -> Results:
        """A page of search results; empty parameters are left out."""
        return _read(Results, await self._body("/api/v1/search", parameters))

    async def _body(self, path: str, parameters: dict[str, str] | None = None) -> Any:
        given = {name: value for name, value in (parameters or {}).items() if value}
        return (await self._client.get(path, params=given))[0]


def cursor_of(href: str | None) -> str:
    """The cursor in the API's address of another page; empty when there is none."""
    return parse_qs(urlsplit(href).query).get("cursor", [""])[0] if href else ""


def _groups(body: Any) -> list[Group]:
    try:
        return [Group.model_validate(item) for item in body["items"]]
    except (KeyError, TypeError, ValidationError) as error:
        raise _nonsense() from error


def _read(model: type[M], body: Any) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _nonsense() from error


def _nonsense() -> BadGateway:
    return BadGateway("The policy service gave an answer that this page cannot show.")
