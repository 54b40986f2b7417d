"""What one person was answered is never given to another: not by the gateway's cache, nor by anything it allows."""

from __future__ import annotations

import asyncio

import pytest

from tests.security.security_stack import Platform

OWN = ["/api/v1/auth/me", "/api/v1/drafts", "/api/v1/imports"]
PUBLIC = ["/api/v1/kinds", "/api/v1/policies?limit=3", "/api/v1/search?q=noise", "/", "/search?q=noise&lang=en"]


async def test_two_people_ask_the_same_address_at_once(platform: Platform) -> None:
    """Requests that are alike are answered together: unless they are somebody's."""
    people = [await platform.person("reader", fresh=True) for _ in range(4)]
    answers = await asyncio.gather(
        *(platform.call("GET", "/api/v1/auth/me", by=person) for _ in range(5) for person in people)
    )
    assert [body["email"] for _, body, _ in answers] == [person.email for person in people] * 5
    status, _, _ = await platform.call("GET", "/api/v1/auth/me")
    assert status == 401


@pytest.mark.parametrize("path", OWN)
async def test_what_is_somebodys_is_kept_by_nobody(platform: Platform, path: str) -> None:
    editor = await platform.person("editor")
    for by in (editor, None):
        status, _, headers = await platform.call("GET", path, by=by)
        assert status == (200 if by else 401)
        assert "no-store" in headers["Cache-Control"] or "private" in headers["Cache-Control"]
        assert "Age" not in headers


@pytest.mark.parametrize("path", PUBLIC)
async def test_what_is_kept_says_nothing_of_who_asked_first(platform: Platform, path: str) -> None:
    """Asked with credentials, a cookie, and claims of another host: the next visitor gets what they would have got."""
    sent = {
        "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "X-Host": "evil.example",
        "X-Original-URL": "/evil", "Cookie": "session=evil; ui=xx", "Origin": "https://evil.example",
        "Host": "evil.example",
    }  # fmt: skip
    editor = await platform.person("editor")
    async with platform.session.get(platform.gateway + path, headers=sent | editor.headers) as response:
        assert response.status == 200
    status, body, headers = await platform.call("GET", path)
    assert status == 200
    assert "evil" not in str(body)
    assert "evil" not in str(dict(headers))
    assert editor.email not in str(body)
    assert "Set-Cookie" not in headers


async def test_a_parameter_that_is_not_known_makes_no_copy(platform: Platform) -> None:
    """Else a cache could be filled with what one page answers under names without end, or be poisoned by one."""
    status, _, _ = await platform.call("GET", "/api/v1/kinds?evil=1")
    assert status == 400
    status, body, _ = await platform.call("GET", "/search?q=noise&lang=en&evil=%3Cscript%3Eevil()")
    assert status == 200
    assert "<script>evil" not in body


async def test_a_draft_is_not_remembered_for_others(platform: Platform) -> None:
    editor, other = await platform.person("editor"), await platform.person("editor", fresh=True)
    body = {"base": "/api/v1/policies/ca-port-lumen/by-law/2019-12/en@2027-01-01"}
    status, made, _ = await platform.call("POST", "/api/v1/drafts", body, by=editor)
    assert status == 201, made
    for _ in range(2):
        assert (await platform.call("GET", f"/api/v1/drafts/{made['id']}", by=editor))[0] == 200
        assert (await platform.call("GET", f"/api/v1/drafts/{made['id']}", by=other))[0] in (403, 404)
        assert (await platform.call("GET", f"/api/v1/drafts/{made['id']}"))[0] == 401
