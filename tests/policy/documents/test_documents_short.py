"""The short way to a permanent address gives what the application gives for it, and leaves it what it does not know."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import Databases
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

ACT = "/api/v1/policies/xx/act/A-1.3"
ONES_OWN = {"Date", "X-Request-ID", "Server", "Content-Length"}


async def _answer(policy: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, bytes, dict[str, str], bool]:
    """Status, body, headers that matter, and whether it came the short way: the application names its server."""
    async with policy.get(path, headers=headers, allow_redirects=False) as response:
        body = await response.read()
        kept = {name: value for name, value in response.headers.items() if name not in ONES_OWN}
        assert response.headers.get("Content-Length", "0") == str(len(body))
        return response.status, body, kept, "Server" not in response.headers


@pytest.mark.parametrize(
    "path", ["en@2021-01-01", "en@2020-01-01", "fr@2021-01-01", "en@2021-01-01/~sec_2.1", "en@2021-01-01/~sched_1"]
)
async def test_both_ways_say_the_same(policy: aiohttp.ClientSession, path: str) -> None:
    *shorter, is_short = await _answer(policy, f"{ACT}/{path}")
    *longer, is_also_short = await _answer(policy, f"{ACT}/{path}.json")
    assert shorter == longer
    assert shorter[0] == 200
    assert (is_short, is_also_short) == (True, False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("en@2020-06-30", 302),
        ("en@2020-06-30/~sec_1", 302),
        ("../OLD-1/en@2021-01-01", 301),
        ("en@2019-12-31", 404),
        ("de@2021-01-01", 404),
        ("en@2021-01-01/~sec_9", 404),
        ("en@2021-02-30", 400),
        ("en@2021-01-01/~sec_2.1__subsec_1", 200),
        ("en@2021-01-01/~séc_2.1", 404),
        ("en@2021-01-01?content=none", 200),
        ("en@2021-01-01.txt", 200),
        ("en", 302),
    ],
)
async def test_the_rest_is_the_applications(policy: aiohttp.ClientSession, path: str, status: int) -> None:
    found, body, _, is_short = await _answer(policy, f"{ACT}/{path}".replace("A-1.3/../", ""))
    assert (found, is_short) == (status, False), body


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "text/html"}, 200),
        ({"Accept": "image/png"}, 406),
        ({"X-Internal-Token": "wrong"}, 401),
    ],
)
async def test_so_is_whoever_wants_something_else(
    policy: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    found, _, _, is_short = await _answer(policy, f"{ACT}/en@2021-01-01", **headers)
    assert (found, is_short) == (status, False)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"', "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200),
    ],
)
async def test_both_ways_know_what_the_caller_has(
    policy: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    *shorter, is_short = await _answer(policy, f"{ACT}/en@2021-01-01", **headers)
    *longer, is_also_short = await _answer(policy, f"{ACT}/en@2021-01-01.json", **headers)
    assert shorter == longer
    assert (shorter[0], is_short, is_also_short) == (status, True, False)


async def test_many_at_once_each_get_their_own(policy: aiohttp.ClientSession) -> None:
    async def address(path: str) -> Any:
        async with policy.get(f"{ACT}/{path}") as response:
            body = await response.json()
            return body.get("provision", body)["href"] if "provision" in body else body["date"] + body["lang"]

    wanted = {
        "en@2020-01-01": "2020-01-01en",
        "fr@2021-01-01": "2021-01-01fr",
        "en@2021-01-01/~sec_3": f"{ACT}/en@2021-01-01/~sec_3",
        "en@2021-01-01/~part_1": f"{ACT}/en@2021-01-01/~part_1",
    }
    asked = [*wanted] * 15
    assert await asyncio.gather(*map(address, asked)) == [wanted[path] for path in asked]


async def test_what_is_read_is_what_is_stored_then(databases: Databases, tmp_path: Path) -> None:
    """Also of a text that was read a moment before."""
    database = databases.create()
    first = write_notes(tmp_path / "first", {"2024-01-15/en/N-1": note("N-1", texts=["One."])})
    second = write_notes(tmp_path / "second", {"2024-02-15/en/N-1": note("N-1", texts=["Two."])})
    await import_notes(database.policy_url, first)
    async with serving(database.policy_url) as policy:
        async with policy.get("/api/v1/policies/xx/act/N-1") as response:
            href = (await response.json())["versions"][0]["href"]
        for source, text in ((first, b"One."), (second, b"Two.")):
            await import_notes(database.policy_url, source)
            for path in (href, f"{href}/~sec_1"):
                status, body, _, is_short = await _answer(policy, path)
                assert (status, is_short) == (200, True)
                assert text in body
