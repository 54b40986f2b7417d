"""Addresses that try to leave the place they name: of static files, of parts of the export, of uploads, of pages."""

from __future__ import annotations

import pytest
from yarl import URL

from tests.gateway.sockets import ask
from tests.security.security_stack import Platform

UPWARDS = [
    "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd", "..\\..\\etc\\passwd",
    "..%5c..%5cetc%5cpasswd", "....//....//etc/passwd", "%252e%252e%252fetc%252fpasswd", "..%c0%af..%c0%afetc/passwd",
    "/etc/passwd", "%2fetc%2fpasswd", "..;/..;/etc/passwd", "css/../../app.py", "./css/site.css", "site.css%00.js",
]  # fmt: skip
PLACES = ["/static/0000000000000000/{}", "/static/{}", "/docs/{}", "/api/v1/bulk/{}", "/{}", "/api/v1/{}",
          "/ca-port-lumen/by-law/{}", "/api/v1/policies/ca-port-lumen/by-law/2016-04/{}"]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
async def test_no_address_leads_out(platform: Platform, place: str) -> None:
    for upwards in UPWARDS:
        line = f"GET {place.format(upwards)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = await ask(platform.gateway, line.encode())
        assert 300 <= int(answer.split(b" ", 2)[1]) < 500, (place, upwards, answer[:200])
        assert b"root:" not in answer
        assert b"import " not in answer


async def test_what_nobody_outside_may_ask(platform: Platform) -> None:
    """What services say to each other has no address outside, however it is written."""
    for path in ("/internal/sessions", "/internal", "/%69nternal/sessions", "/Internal/sessions", "/api/v2", "/api"):
        for method in ("GET", "POST"):
            async with platform.session.request(
                method, URL(platform.gateway + path, encoded=True), allow_redirects=False
            ) as response:
                assert response.status in (403, 404, 405), (method, path, response.status)


@pytest.mark.parametrize("name", ["../../slip.md", "/etc/slip.md", "..\\slip.md", "a/b.md", ".md", "..", "con.md"])
async def test_the_name_of_an_upload_is_a_name(platform: Platform, name: str) -> None:
    """It is kept as text, and the worker makes a file of it in a folder of its own: it must not lead out of there."""
    editor = await platform.person("editor")
    body = (
        b'--limit\r\nContent-Disposition: form-data; name="importer"\r\n\r\nmarkdown\r\n--limit\r\n'
        b'Content-Disposition: form-data; name="file"; filename="%b"\r\n\r\n# x\r\n--limit--\r\n' % name.encode()
    )
    headers = editor.headers | {"Content-Type": "multipart/form-data; boundary=limit"}
    async with platform.session.post(f"{platform.gateway}/api/v1/imports", data=body, headers=headers) as response:
        answer = await response.json()
        assert response.status < 500, answer
        if response.status == 202:
            assert "/" not in answer["source"], answer
            assert "\\" not in answer["source"], answer
            async with platform.session.post(
                f"{platform.gateway}/api/v1/imports/{answer['id']}/cancel", headers=editor.headers
            ) as cancelled:
                assert cancelled.status == 200, await cancelled.text()
