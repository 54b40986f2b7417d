"""Lists of what stood on a day, and of what was known by one."""

import aiohttp
import pytest

from tests.policy.documents.axes.laws import get


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["L-1", "M-1", "P-1", "W-1"]),
        ("?lang=fr", ["L-1"]),
        ("?as_of=2020-06-01", ["L-1", "P-1", "W-1"]),
        ("?as_of=2019-06-01", []),
        ("?known_at=2020-12-31", ["L-1", "W-1"]),
        ("?known_at=2021-12-31&lang=fr", []),
        ("?known_at=2021-12-31&as_of=2020-06-01&sort=date", ["W-1", "L-1"]),
        ("?status=not-in-force", ["P-1"]),
        ("?status=not-in-force&as_of=2022-06-01", []),
        ("?status=not-in-force&known_at=2022-06-01", []),
    ],
)
async def test_lists_on_both_axes(policy: aiohttp.ClientSession, query: str, numbers: list[str]) -> None:
    status, body, _ = await get(policy, f"/api/v1/policies{query}{'&' if query else '?'}count=exact&kind=act")
    assert status == 200, body
    assert ([item["number"] for item in body["items"]], body["total"]["value"]) == (numbers, len(numbers))


async def test_pages_of_what_was_known_hold_together(policy: aiohttp.ClientSession) -> None:
    path, seen = "/api/v1/policies?known_at=2022-12-31&kind=act&limit=1&sort=date", []
    while path:
        _, body, _ = await get(policy, path)
        seen += [item["number"] for item in body["items"]]
        path = body["page"]["next"]
    assert sorted(seen) == ["L-1", "M-1", "P-1", "W-1"]
