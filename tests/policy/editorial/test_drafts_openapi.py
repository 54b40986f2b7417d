"""Answers of the drafting API against openapi.yaml."""

import json
from typing import Any

import pytest

from tests.policy.answers import described
from tests.policy.documents.test_documents_openapi import Answer, Request
from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import DRAFTS, Person

OPENAPI = described()


async def answered(
    person: Person, method: str, path: str, status: int, body: Any = None, *, etag: str = ""
) -> tuple[Any, str]:
    """The answer, which must be of the described shape."""
    headers = person.headers() | ({"If-Match": etag} if etag else {})
    async with person.session.request(method, path, json=body, headers=headers) as response:
        data = await response.read()
        assert response.status == status, data
        request = Request("http://policy", path)
        request.method = method.lower()
        OPENAPI.validate_response(request, Answer(response, data))
        found = json.loads(data) if response.content_type != "text/html" else data
        return found, response.headers.get("ETag", "")


async def test_a_draft_from_begin_to_end_is_as_described(office: Office) -> None:
    eve, rita = office.eve, office.rita
    made, etag = await answered(eve, "POST", DRAFTS, 201, {"base": f"{office.act}/en@2021-01-01"})
    path = f"{DRAFTS}/{made['id']}"
    for content in ("none", "text", "source", "html"):
        await answered(eve, "GET", f"{path}?content={content}", 200)
    await answered(eve, "GET", f"{DRAFTS}?limit=2&mine=own", 200)
    _, etag = await answered(eve, "PATCH", path, 200, {"title": "T"}, etag=etag)
    _, etag = await answered(eve, "PUT", f"{path}/editors/00000000-0000-4000-8000-00000000000f", 200, etag=etag)
    _, etag = await answered(eve, "DELETE", f"{path}/editors/00000000-0000-4000-8000-00000000000f", 200, etag=etag)
    one, _ = await answered(eve, "POST", f"{path}/provisions", 201, {"num": "4", "source": "x"}, etag=etag)
    one, _ = await answered(
        eve, "POST", f"{path}/provisions/sec_4/move", 200, {"before": "sec_2"}, etag=one["draft"]["etag"]
    )
    section = one["provision"]["etag"]
    one, section = await answered(eve, "PUT", f"{path}/provisions/sec_4", 200, {"source": "y"}, etag=section)
    one, section = await answered(eve, "PATCH", f"{path}/provisions/sec_4", 200, {"num": "4.1"}, etag=section)
    await answered(eve, "GET", f"{path}/provisions/sec_4", 200)
    await answered(eve, "PATCH", f"{path}/provisions/sec_4", 412, {"num": "5"}, etag='"p1-x"')
    await answered(eve, "PATCH", f"{path}/provisions/sec_4", 422, {"kind": "x"}, etag=section)
    await answered(eve, "PATCH", f"{path}/provisions/sec_4", 428, {"num": "5"})
    _, etag = await answered(eve, "DELETE", f"{path}/provisions/sec_4", 200, etag=section)
    await eve.write(made["id"], "sec_2", "Nobody rings anything.")
    await office.published("Nobody rings a thing.")
    _, etag = await eve.expect(200, "GET", path)
    await answered(eve, "POST", f"{path}/rebase", 200, etag=etag)
    await answered(eve, "GET", f"{path}/provisions/sec_2", 200)
    await eve.write(made["id"], "sec_2", "Nobody rings at all.")
    for asked in ("", "?format=html"):
        _, etag = await answered(eve, "GET", f"{path}/diff{asked}", 200)
    _, etag = await answered(eve, "POST", f"{path}/submit", 200, etag=etag)
    _, etag = await answered(eve, "POST", f"{path}/recall", 200, {"note": "Wait."}, etag=etag)
    _, etag = await answered(eve, "POST", f"{path}/submit", 200, etag=etag)
    _, etag = await answered(rita, "POST", f"{path}/return", 200, {"note": "No."}, etag=etag)
    _, etag = await answered(eve, "POST", f"{path}/submit", 200, etag=etag)
    await answered(eve, "POST", f"{path}/approve", 403, etag=etag)
    _, etag = await answered(rita, "POST", f"{path}/approve", 200, etag=etag)
    await answered(rita, "GET", path, 200)
    done, etag = await answered(rita, "POST", f"{path}/publish", 200, etag=etag)
    await answered(rita, "GET", f"{path}/events?limit=3", 200)
    await answered(eve, "POST", f"{path}/withdraw", 409, etag=etag)
    version, _ = await rita.expect(200, "GET", done["version"]["href"])
    sent = {"address": done["version"]["href"], "content_hash": version["content_hash"], "reason": "Oh."}
    await answered(rita, "POST", "/api/v1/withdrawals", 201, sent)
    await answered(rita, "POST", "/api/v1/withdrawals", 409, sent)
    await answered(rita, "POST", "/api/v1/withdrawals", 422, {})


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("nobody", DRAFTS, 401), ("reader", DRAFTS, 403), ("eve", f"{DRAFTS}?x=1", 400),
        ("eve", f"{DRAFTS}/00000000-0000-4000-8000-000000000000", 404),
        ("eve", f"{DRAFTS}/00000000-0000-4000-8000-000000000000/events", 404),
    ],
)  # fmt: skip
async def test_refusals_are_as_described(office: Office, who: str, path: str, status: int) -> None:
    await answered(getattr(office, who), "GET", path, status)
