"""The law, as the policy service holds it. Everything here is public, so it is asked as nobody in particular."""

from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import BaseModel, ValidationError

from services.web.answers import Group, Results, Version, Work, WorkList
from services.web.paths import API_ROOT, work_api
from shared.client import ServiceClient
from shared.errors import BadGateway

M = TypeVar("M", bound=BaseModel)


class Library:
    """Typed reads of the policy API. Raises the kinds of error that the API answers, BadGateway for nonsense."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

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
        raise BadGateway("The policy service gave an answer that this page cannot show.") from error


def _read(model: type[M], body: Any) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise BadGateway("The policy service gave an answer that this page cannot show.") from error
