"""Timeline, blame and a provision's history, over HTTP."""

from itertools import pairwise
from typing import Any

import aiohttp
import pytest

ACT = "/api/v1/policies/xx/act/G-1"


async def get(policy: aiohttp.ClientSession, path: str, status: int = 200) -> Any:
    async with policy.get(path) as response:
        assert response.status == status, await response.text()
        return await response.json(content_type=None)


async def test_the_timeline_counts_what_each_version_changed(policy: aiohttp.ClientSession) -> None:
    items = (await get(policy, f"{ACT}/timeline?lang=en"))["items"]
    assert [(i["date"], i["current"]) for i in items] == [
        ("2022-01-01", True), ("2021-01-01", False), ("2020-01-01", False),
    ]  # fmt: skip
    assert (items[0]["summary"]["changed"], items[0]["summary"]["removed"]) == (1, 1)
    assert (items[1]["summary"]["added"], items[1]["summary"]["renumbered"]) == (1, 2)
    assert (items[2]["summary"], items[2]["diff"]) == (None, None)
    behind = await get(policy, items[1]["diff"])
    shared = {name: count for name, count in behind["summary"].items() if not name.startswith("words_")}
    assert shared == items[1]["summary"]
    assert [i["date"] for i in (await get(policy, f"{ACT}/timeline?lang=fr"))["items"]] == ["2021-01-01", "2020-01-01"]


async def test_blame(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{ACT}/blame?lang=en")
    assert [(i["eid"], i["since"], i["first_held"]) for i in body["items"]] == [
        ("sec_1", "2021-01-01", False), ("sec_3", "2021-01-01", False), ("sec_4", "2022-01-01", False),
    ]  # fmt: skip
    assert [[a["label"] for a in i["by"]] for i in body["items"]] == [[], [], ["2021, c. 4, s. 7"]]
    assert [(r["from"], r["until"], r["op"], [a["label"] for a in r["by"]]) for r in body["items"][2]["ranges"]] == [
        ("2020-01-01", "2021-01-01", "first-held", ["2001, c. 9, s. 7"]),
        ("2021-01-01", "2022-01-01", "renumbered", ["2001, c. 9, s. 7"]),
        ("2022-01-01", None, "changed", ["2021, c. 4, s. 7"]),
    ]
    old = await get(policy, f"{ACT}/blame?date=2020-12-31")
    assert (old["version"]["date"], {i["since"] for i in old["items"]}) == ("2020-01-01", {"2020-01-01"})
    assert all(i["first_held"] for i in old["items"])


async def test_ranges_follow_each_other_to_the_end(policy: aiohttp.ClientSession) -> None:
    for item in (await get(policy, f"{ACT}/blame"))["items"]:
        assert all(a["until"] == b["from"] for a, b in pairwise(item["ranges"]))
        assert item["ranges"][-1]["until"] is None
        assert item["ranges"][-1]["from"] == item["since"]


async def test_a_provisions_history_follows_it_through_its_numbers(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{ACT}/provisions/sec_4/history")
    assert [(i["op"], i["provision"]["eid"], i["from"], i["until"]) for i in body["items"]] == [
        ("first-held", "sec_3", "2020-01-01", "2021-01-01"),
        ("renumbered", "sec_4", "2021-01-01", "2022-01-01"),
        ("changed", "sec_4", "2022-01-01", None),
    ]
    text = ""
    for item in body["items"]:
        assert "".join(run["text"] for run in item["words"] if run["op"] != "insert") == text
        text = "".join(run["text"] for run in item["words"] if run["op"] != "delete")
    assert "twice a year" in text
    assert body["removed"] is None


async def test_the_history_of_what_is_gone(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{ACT}/provisions/sec_2/history")
    assert [(i["op"], i["from"], i["until"]) for i in body["items"]] == [("added", "2021-01-01", "2022-01-01")]
    assert body["removed"] == "2022-01-01"


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        (f"{ACT}/blame?date=2019-12-31", 404, "not-held"),
        (f"{ACT}/blame?date=yesterday", 400, "invalid-request"),
        (f"{ACT}/blame?lang=de", 404, "not-found"),
        (f"{ACT}/blame?at=2020-01-01", 400, "invalid-request"),
        (f"{ACT}/timeline?lang=de", 404, "not-found"),
        (f"{ACT}/timeline?limit=2", 400, "invalid-request"),
        ("/api/v1/policies/xx/act/none/timeline", 404, "not-found"),
        (f"{ACT}/provisions/sec_99/history", 404, "not-found"),
        (f"{ACT}/provisions/sec_1%00/history", 404, "not-found"),
        (f"{ACT}/provisions/{'x' * 400}/history", 404, "not-found"),
        (f"{ACT}/provisions/sec_1/history?date=2020-01-01", 400, "invalid-request"),
    ],
)
async def test_problems(policy: aiohttp.ClientSession, path: str, status: int, kind: str) -> None:
    assert (await get(policy, path, status))["type"] == f"/docs/errors#{kind}"


async def test_an_alias_leads_to_the_work(policy: aiohttp.ClientSession) -> None:
    for tail in ("timeline", "blame?lang=fr", "provisions/sec_1/history"):
        async with policy.get(f"/api/v1/policies/xx/act/OLD-1/{tail}", allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (301, f"{ACT}/{tail}")
