"""The answers of imports are as openapi.yaml describes them."""

from typing import Any

import pytest

from infra.db.addresses import DatabaseUrls
from tests.policy.answers import described
from tests.policy.documents.test_documents_openapi import Answer, Request
from tests.policy.jobs.uploads import api, as_account, form


async def test_answers_are_as_described(clean_database: DatabaseUrls) -> None:
    openapi = described()
    async with api(clean_database.policy_url) as policy:

        async def expect(method: str, path: str, status: int, data: Any = None) -> dict[str, Any]:
            headers = as_account("editor:ed")
            async with policy.session.request(method, path, data=data, headers=headers) as response:
                body = await response.read()
                assert response.status == status, body
                request = Request("http://policy", path)
                request.method = method.lower()
                openapi.validate_response(request, Answer(response, body))
                found: dict[str, Any] = await response.json(content_type=None)
                return found

        job = await expect("POST", "/api/v1/imports", 202, form(b"x", "x.md", importer="markdown"))
        await expect("POST", "/api/v1/imports", 422, form(b"x", "x.md", importer="morse"))
        await expect("GET", "/api/v1/imports?limit=1", 200)
        for part in ("", "/failures", "/report"):
            await expect("GET", job["href"] + part, 200)
        await expect("GET", "/api/v1/imports/999999", 404)
        await expect("POST", job["cancel"], 200)
        await expect("POST", job["href"] + "/resume", 202)
        await expect("POST", job["href"] + "/resume", 409)
        async with policy.session.get(job["href"], headers=as_account("editor:ed")) as response:
            answer = Answer(response, b'{"id": "x"}')
        with pytest.raises(Exception, match=r"(?i)invalid"):
            openapi.validate_response(Request("http://policy", job["href"]), answer)
