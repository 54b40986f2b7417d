"""Versions and provisions: their addresses, redirects, formats and caching."""

import hashlib
from typing import Any

import aiohttp
import pytest

ACT = "/api/v1/policies/xx/act/A-1.3"


async def get(policy: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, Any, Any]:
    async with policy.get(path, headers=headers, allow_redirects=False) as response:
        body = await response.json() if response.content_type.endswith("json") else await response.text()
        return response.status, body, response.headers


async def test_a_version_has_the_documented_shape(policy: aiohttp.ClientSession) -> None:
    status, body, _ = await get(policy, f"{ACT}/en@2021-01-01")
    assert status == 200
    assert body["work"] == {
        "jurisdiction": "xx", "kind": "act", "number": "A-1.3", "href": ACT, "frbr_uri": "/akn/xx/act/A-1.3",
        "titles": {"en": "Note A-1.3", "fr": "Loi sur la paix"}, "jurisdiction_names": {},
    }  # fmt: skip
    assert (body["lang"], body["date"], body["revision"], body["current"]) == ("en", "2021-01-01", 1, True)
    assert (body["citations"], body["subjects"], body["status"]) == (["c. A-1.3"], ["peace"], "in-force")
    assert body["dates"]["published"] == "2021-01-15"
    assert body["previous"] == f"{ACT}/en@2020-01-01"
    assert body["next"] is None
    assert body["languages"] == {"en": f"{ACT}/en@2021-01-01", "fr": f"{ACT}/fr@2021-01-01"}
    assert [(p["eid"], p["level"], p["status"]) for p in body["provisions"]] == [
        ("part_1", 0, "in-force"), ("sec_2.1", 1, "in-force"), ("sec_3", 1, "not-in-force"), ("sched_1", 0, "in-force"),
    ]  # fmt: skip
    section = body["provisions"][1]
    assert (section["num"], section["note"], section["lang"]) == ("2.1", "Purpose", "en")
    assert section["text"] == "(1) To keep order. (2) And peace."
    assert "html" not in section


async def test_an_older_version_knows_its_successor(policy: aiohttp.ClientSession) -> None:
    _, body, _ = await get(policy, f"{ACT}/en@2020-01-01")
    assert (body["current"], body["previous"], body["next"]) == (False, None, f"{ACT}/en@2021-01-01")
    assert body["dates"]["in_force"]["to"] == "2021-01-01"
    assert body["languages"]["fr"] == f"{ACT}/fr@2021-01-01", "the first one held, since none is older"


async def test_content_says_how_much_of_the_text_is_given(policy: aiohttp.ClientSession) -> None:
    _, html, _ = await get(policy, f"{ACT}/en@2021-01-01?content=html")
    assert 'id="sec_2.1__subsec_1"' in html["provisions"][1]["html"]
    assert "text" not in html["provisions"][1]
    _, none, _ = await get(policy, f"{ACT}/en@2021-01-01?content=none")
    assert [set(p) & {"text", "html"} for p in none["provisions"]] == [set()] * 4
    status, problem, _ = await get(policy, f"{ACT}/en@2021-01-01.txt?content=none")
    assert (status, problem["errors"][0]["pointer"]) == (400, "content")


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("en", "en@2021-01-01"),
        ("en.html", "en@2021-01-01.html"),
        ("en@2020-06-30", "en@2020-01-01"),
        ("en@2020-12-31.md", "en@2020-01-01.md"),
        ("en@2025-01-01?content=none", "en@2021-01-01?content=none"),
        ("en/~sec_2.1", "en@2021-01-01/~sec_2.1"),
        ("en@2025-01-01/~sec_2.1.txt", "en@2021-01-01/~sec_2.1.txt"),
    ],
)
async def test_other_dates_lead_to_the_version_that_stood_then(
    policy: aiohttp.ClientSession, asked: str, location: str
) -> None:
    status, _, headers = await get(policy, f"{ACT}/{asked}")
    assert (status, headers["Location"]) == (302, f"{ACT}/{location}")
    assert headers["Link"] == f'<{ACT}/{location}>; rel="canonical"'


async def test_another_number_of_a_work_leads_to_it(policy: aiohttp.ClientSession) -> None:
    old = "/api/v1/policies/xx/act/OLD-1"
    for path in ("", ".json", "/en@2020-06-30.txt", "/fr/~sec_1?content=html", "/citations?direction=in"):
        status, _, headers = await get(policy, old + path)
        assert (status, headers["Location"]) == (301, ACT + path)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("en@2019-12-31", 404, "not-held"),
        ("de", 404, "not-found"),
        ("de@2021-01-01", 404, "not-found"),
        ("en@2021-13-01", 400, "invalid-request"),
        ("en@2021-1-1", 400, "invalid-request"),
        ("en@", 400, "invalid-request"),
        ("en@20210101", 400, "invalid-request"),
        ("en@2021-W01-1", 400, "invalid-request"),
        ("en@2021-01-01.pdf", 400, "invalid-request"),
        ("en@2021-01-01?contents=text", 400, "invalid-request"),
        ("en@2021-01-01?content=all", 400, "invalid-request"),
        ("en@2021-01-01.txt/~sec_2.1", 400, "invalid-request"),
        ("english", 404, "not-found"),
        ("EN", 404, "not-found"),
    ],
)
async def test_what_is_no_version(policy: aiohttp.ClientSession, path: str, status: int, kind: str) -> None:
    found, problem, _ = await get(policy, f"{ACT}/{path}")
    assert (found, problem["type"]) == (status, f"/docs/errors#{kind}")
    assert problem["detail"]


async def test_a_text_of_the_future_is_shown_while_there_is_no_other(policy: aiohttp.ClientSession) -> None:
    future = "/api/v1/policies/xx/act/F-9"
    status, _, headers = await get(policy, f"{future}/en")
    assert (status, headers["Location"]) == (302, f"{future}/en@2999-01-01")
    status, problem, _ = await get(policy, f"{future}/en@2026-01-01")
    assert (status, problem["type"]) == (404, "/docs/errors#not-held")


async def test_a_corrected_text_is_the_one_at_the_date(policy: aiohttp.ClientSession) -> None:
    _, body, _ = await get(policy, "/api/v1/policies/xx/act/T-1/en@2020-01-01")
    assert (body["revision"], body["provisions"][0]["text"]) == (2, "Corrected print.")
    assert (body["previous"], body["next"], body["current"]) == (None, None, True)


@pytest.mark.parametrize(
    ("suffix", "media", "words"),
    [
        (".json", "application/json", '"eid":"sec_2.1"'),
        (".html", "text/html", "To keep <b>or</b>der."),
        (".txt", "text/plain", "(1) To keep order."),
        (".md", "text/markdown", "# Note A-1.3"),
        (".xml", "application/akn+xml", 'eId="sec_2.1__subsec_1"'),
    ],
)
async def test_formats_by_suffix_and_by_accept(
    policy: aiohttp.ClientSession, suffix: str, media: str, words: str
) -> None:
    for address in (f"{ACT}/en@2021-01-01", f"{ACT}/en@2021-01-01/~sec_2.1"):
        async with policy.get(address + suffix, headers={"Accept": "image/png"}) as response:
            by_suffix = await response.read()
            assert (response.status, response.content_type, response.charset) == (200, media, "utf-8")
        assert words in by_suffix.decode()
        async with policy.get(address, headers={"Accept": f"image/png, {media};q=0.9, */*;q=0.1"}) as response:
            assert await response.read() == by_suffix
            assert response.headers["Vary"] == "Accept"
            assert response.headers["ETag"] == f'"{hashlib.sha256(by_suffix).hexdigest()}"'
            assert response.headers["Cache-Control"].startswith("public, max-age=")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json;q=0, */*", "text/html"),
        ("text/*, text/html;q=0", "text/plain"),
        ("*/*;q=0.5, application/json;q=0.4", "text/html"),
        ("text/html;q=0.4, application/*;q=0.5", "application/json"),
        ("text/plain, text/html", "text/plain"),
        ("*/*", "application/json"),
        ("text/xml", "application/akn+xml"),
        ("nonsense, ,;q=1, */*;q=0.001", "application/json"),
    ],
)
async def test_the_most_specific_range_decides(policy: aiohttp.ClientSession, accept: str, media: str) -> None:
    async with policy.get(f"{ACT}/en@2021-01-01", headers={"Accept": accept}) as response:
        assert (response.status, response.content_type) == (200, media)


@pytest.mark.parametrize("segment", ["en.pdf", "en@2021-01-01.pdf", "en@2021-01-01.JSON"])
async def test_a_format_that_there_is_not_is_named(policy: aiohttp.ClientSession, segment: str) -> None:
    status, problem, _ = await get(policy, f"{ACT}/{segment}")
    assert status == 400
    assert problem["detail"].startswith(f"There is no format {segment.rpartition('.')[2]}; the formats are json, html")


async def test_what_nobody_can_give_is_not_acceptable(policy: aiohttp.ClientSession) -> None:
    status, problem, _ = await get(policy, f"{ACT}/en@2021-01-01", Accept="image/png, text/html;q=0")
    assert (status, problem["type"]) == (406, "/docs/errors#not-acceptable")


async def test_a_caller_who_has_it_is_told_so(policy: aiohttp.ClientSession) -> None:
    address = f"{ACT}/en@2021-01-01"
    _, _, headers = await get(policy, address)
    for known in (headers["ETag"], f'"x", {headers["ETag"]}', f"W/{headers['ETag']}", "*"):
        async with policy.get(address, headers={"If-None-Match": known}) as response:
            assert (response.status, await response.read()) == (304, b"")
            for name in ("ETag", "Last-Modified", "Vary", "Cache-Control"):
                assert response.headers[name] == headers[name]
    status, _, _ = await get(policy, address, **{"If-Modified-Since": headers["Last-Modified"]})
    assert status == 304
    status, _, _ = await get(policy, address, **{"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"})
    assert status == 200
    stale = {"If-None-Match": '"other"', "If-Modified-Since": headers["Last-Modified"]}
    status, _, _ = await get(policy, address, **stale)
    assert status == 200, "If-None-Match decides alone when it is there"


async def test_head_is_get_without_the_body(policy: aiohttp.ClientSession) -> None:
    _, _, headers = await get(policy, f"{ACT}/en@2021-01-01")
    async with policy.head(f"{ACT}/en@2021-01-01") as response:
        assert (response.status, await response.read()) == (200, b"")
        assert response.headers["Content-Length"] == headers["Content-Length"]
        assert response.headers["ETag"] == headers["ETag"]


async def test_a_provision_comes_with_its_surroundings(policy: aiohttp.ClientSession) -> None:
    _, body, _ = await get(policy, f"{ACT}/en@2021-01-01/~sec_2.1")
    assert body["path"] == ["Part 1 General"]
    assert body["provision"]["href"] == f"{ACT}/en@2021-01-01/~sec_2.1"
    assert body["provision"]["text"] == "(1) To keep order. (2) And peace."
    assert body["version"]["date"] == "2021-01-01"
    assert "provisions" not in body["version"]
    _, top, _ = await get(policy, f"{ACT}/en@2021-01-01/~sched_1")
    assert (top["path"], top["provision"]["heading"]) == ([], "Forms")


async def test_a_part_inside_of_a_provision_can_be_addressed(policy: aiohttp.ClientSession) -> None:
    _, body, _ = await get(policy, f"{ACT}/en@2021-01-01/~sec_2.1__subsec_2")
    provision = body["provision"]
    assert (provision["eid"], provision["kind"], provision["num"]) == ("sec_2.1__subsec_2", "subsection", "(2)")
    assert provision["text"] == "And peace. (a) Quiet."
    assert body["path"] == ["Part 1 General", "2.1 Purpose"]
    _, html, _ = await get(policy, f"{ACT}/en@2021-01-01/~sec_2.1__subsec_2.html")
    assert 'id="sec_2.1__subsec_2__para_a"' in html
    _, deep, _ = await get(policy, f"{ACT}/en@2021-01-01/~sec_2.1__subsec_2__para_a.txt")
    assert "Quiet." in deep
    assert "peace" not in deep
    _, first, _ = await get(policy, f"{ACT}/en@2021-01-01/~sec_2.1__subsec_1")
    assert first["provision"]["text"] == "To keep order.", "inline markup parts no word"


@pytest.mark.parametrize("eid", ["sec_9", "sec_2.1__subsec_9", "sec_2", "sec_2.1__", "%00", "x" * 400, "%ED%A0%80"])
async def test_what_is_no_provision(policy: aiohttp.ClientSession, eid: str) -> None:
    status, problem, _ = await get(policy, f"{ACT}/en@2021-01-01/~{eid}")
    assert (status, problem["type"]) == (404, "/docs/errors#not-found")
