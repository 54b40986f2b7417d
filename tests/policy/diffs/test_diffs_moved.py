"""A provision that only moved, among many that stayed: found although no version's text was read for it."""

from typing import Any

import aiohttp

ACT = "/api/v1/policies/xx/act/MOVED"


async def get(policy: aiohttp.ClientSession, path: str) -> Any:
    async with policy.get(f"{ACT}/{path}") as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_the_redline_tells_it_with_its_words(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, "diff?from=2021-01-01&to=2022-01-01")
    [item] = body["items"]
    assert (item["ops"], item["from"]["position"], item["to"]["position"]) == (["moved"], 2, 0)
    assert item["to"]["num"] == "3"
    [run] = item["words"]
    assert (run["op"], run["text"]) == ("equal", "3\nThe council reports once a year to everybody.")
    assert (body["summary"]["moved"], body["summary"]["unchanged"]) == (1, 3)


async def test_what_is_told_stands_in_the_order_of_the_new_text(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, "diff?from=2020-01-01&to=2023-01-01")
    assert [(item["op"], item["to"]["eid"]) for item in body["items"]] == [("moved", "sec_3"), ("changed", "sec_4")]


async def test_timeline_blame_and_history_follow_it(policy: aiohttp.ClientSession) -> None:
    items = (await get(policy, "timeline"))["items"]
    assert [item["summary"] and item["summary"]["moved"] for item in items] == [0, 1, 0, None]
    blamed = {item["eid"]: item["ranges"] for item in (await get(policy, "blame"))["items"]}
    assert {eid: [one["from"] for one in ranges] for eid, ranges in blamed.items()} == {
        "sec_3": ["2020-01-01"], "sec_1": ["2020-01-01"], "sec_2": ["2020-01-01"],
        "sec_4": ["2020-01-01", "2023-01-01"],
    }  # fmt: skip
    history = (await get(policy, "provisions/sec_3/history"))["items"]
    assert [(event["op"], event["from"], event["until"]) for event in history] == [
        ("first-held", "2020-01-01", "2022-01-01"), ("moved", "2022-01-01", None),
    ]  # fmt: skip
    stays = (await get(policy, "provisions/sec_1/history"))["items"]
    assert [(event["op"], event["from"], event["until"]) for event in stays] == [("first-held", "2020-01-01", None)]
