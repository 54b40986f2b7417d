"""The API that checks citations."""

from typing import Annotated, Any, Self

from aiohttp import web
from pydantic import Field, model_validator

from services.policy.documents.representations import PERMANENT, as_json, respond
from services.policy.documents.routes import today
from services.policy.keys import DATABASE
from services.policy.verification import service
from services.policy.verification.addresses import cited_address
from services.policy.verification.domain import Claim, Verdict
from shared.errors import FieldError, Invalid, Unprocessable
from shared.parse import Body, Query, parse_body, parse_query

MOST_ITEMS = 100
_Address = Annotated[str, Field(min_length=1, max_length=2000)]
_Digest = Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")]


class _One(Query):
    address: _Address
    sha256: _Digest


class _Material(Query):
    address: _Address


class _Item(Body):
    address: _Address
    sha256: _Digest | None = None
    text: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        given = [self.sha256, self.text]
        if len({"sha256", "text"} & self.model_fields_set) != 1 or given == [None, None]:
            raise ValueError("needs either sha256 or text")
        return self


class _Items(Body):
    items: list[_Item] = Field(min_length=1, max_length=MOST_ITEMS)


def add_routes(app: web.Application) -> None:
    """Register the slice's addresses."""
    app.router.add_get("/api/v1/verify", _verify_one)
    app.router.add_post("/api/v1/verify", _verify_items)
    app.router.add_get("/api/v1/verify/material", _material)


async def _verify_one(request: web.Request) -> web.Response:
    query = parse_query(request, _One)
    try:
        claim = Claim(cited_address(query.address), bytes.fromhex(query.sha256), None)
    except Invalid as error:
        raise _refused(error) from None
    (verdict,) = await service.verify(request.app[DATABASE], [claim], today())
    return respond(request, as_json(_wire(query.address, verdict)))


async def _verify_items(request: web.Request) -> web.Response:
    body = await parse_body(request, _Items)
    claims: list[Claim] = []
    errors: list[FieldError] = []
    for index, item in enumerate(body.items):
        try:
            address = cited_address(item.address)
        except Invalid as error:
            wrong = error.errors[0].detail if error.errors else error.detail
            errors.append(FieldError(wrong, f"#/items/{index}/address"))
            continue
        claims.append(Claim(address, bytes.fromhex(item.sha256) if item.sha256 else None, item.text))
    if errors:
        raise Unprocessable("Some addresses cannot be read.", errors=tuple(errors))
    verdicts = await service.verify(request.app[DATABASE], claims, today())
    answers = [_wire(item.address, verdict) for item, verdict in zip(body.items, verdicts, strict=True)]
    return web.Response(
        body=as_json({"items": answers}), content_type="application/json", charset="utf-8",
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip


async def _material(request: web.Request) -> web.Response:
    query = parse_query(request, _Material)
    try:
        address = cited_address(query.address)
    except Invalid as error:
        raise _refused(error) from None
    payload = await service.material(request.app[DATABASE], address, today())
    response = respond(request, payload, cache=PERMANENT)  # its ETag is the digest in question
    if response.status == 200:
        response.headers["Content-Type"] = "application/octet-stream"
    return response


def _refused(error: Invalid) -> Invalid:
    wrong = error.errors[0].detail if error.errors else error.detail
    return Invalid("The address cannot be read.", errors=(FieldError(wrong, "address"),))


def _wire(address: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "address": address,
        "state": verdict.state,
        "href": verdict.href,
        "sha256": None if verdict.sha256 is None else verdict.sha256.hex(),
        "earlier_revision": verdict.earlier_revision,
        "detail": verdict.detail,
    }
