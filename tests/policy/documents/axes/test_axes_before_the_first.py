"""Days before the first text held: what is certain is given, and of the rest why it is not."""

import aiohttp
import pytest

from tests.policy.documents.axes.laws import LAW, ROOT, get


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        (f"{LAW}?known_at=2019-01-01", 404, "not-held"),
        (f"{LAW}/en?known_at=2019-01-01", 404, "not-held"),
        (f"{LAW}/fr?known_at=2021-06-01", 404, "not-held"),
        (f"{ROOT}/M-1/en@2021-01-01?known_at=2020-06-01", 404, "not-held"),
        ("/api/v1/policies?known_at=2019-01-01", 404, "not-held"),
        (f"{LAW}?as_of=2019-01-01", 404, "not-held"),
        (f"{LAW}/en?as_of=2019-01-01", 404, "not-held"),
        (f"{LAW}/en?as_of=2021-1-1", 400, "invalid-request"),
        (f"{LAW}/en?known_at=yesterday", 400, "invalid-request"),
        (f"{LAW}/en@1999-01-01?partial=1", 400, "invalid-request"),
        (f"{LAW}/en@1999-01-01.xml?partial=true", 406, "not-acceptable"),
        (f"{LAW}/en@1999-01-01/~sec_1.xml", 406, "not-acceptable"),
        (f"{LAW}/en@1999-01-01/~sec_2", 404, "not-held"),  # two wordings are held
        (f"{LAW}/en@1993-01-01/~sec_1", 404, "not-held"),  # amended since
        (f"{LAW}/en@1999-01-01/~sec_4", 404, "not-held"),  # no date says since when
        (f"{LAW}/en@1999-01-01/~sec_3", 404, "not-found"),  # in force only since 2010
        (f"{LAW}/en@1999-01-01/~sec_9", 404, "not-found"),
    ],
)
async def test_what_cannot_be_given(policy: aiohttp.ClientSession, path: str, status: int, kind: str) -> None:
    found, problem, _ = await get(policy, path)
    assert (found, problem["type"]) == (status, f"/docs/errors#{kind}")
    assert problem["detail"]


async def test_a_provision_that_stands_unchanged_is_given_before_the_first_text(policy: aiohttp.ClientSession) -> None:
    status, body, headers = await get(policy, f"{LAW}/en@1999-01-01/~sec_1")
    assert (status, body["provision"]["text"]) == (200, "Peace.")
    assert body["basis"] == {
        "kind": "unchanged-since", "since": "1995-06-01", "asked": "1999-01-01", "first_held": "2020-01-01",
    }  # fmt: skip
    assert body["version"]["date"] == "2020-01-01"
    assert "Link" not in headers, "this is no permanent address"
    _, text, _ = await get(policy, f"{LAW}/en@1999-01-01/~sec_1.txt")
    assert "[Not a text held for 1999-01-01" in text
    assert "Peace." in text
    _, held, _ = await get(policy, f"{LAW}/en@2020-01-01/~sec_1")
    assert held["basis"] is None


async def test_the_whole_text_before_the_first_is_given_in_part(policy: aiohttp.ClientSession) -> None:
    status, problem, _ = await get(policy, f"{LAW}/en@1999-01-01")
    assert (status, problem["type"]) == (404, "/docs/errors#not-held")
    assert problem["first_held"] == {"date": "2020-01-01", "href": f"{LAW}/en@2020-01-01"}
    status, body, _ = await get(policy, problem["partial"])
    assert (status, body["complete"], body["asked"]) == (200, False, "1999-01-01")
    assert body["counts"] == {"given": 1, "not-held": 2, "not-in-force": 1}
    assert [(item["eid"], item["state"], item.get("text")) for item in body["provisions"]] == [
        ("sec_1", "given", "Peace."),
        ("sec_2", "not-held", None),
        ("sec_3", "not-in-force", None),
        ("sec_4", "not-held", None),
    ]
    for suffix, words in ((".txt", "[2: how it read on that day is not held]"), (".md", "> **3: not in force"),
                          (".html", '<p class="mark"><strong>3: not in force on that day</strong></p>')):  # fmt: skip
        _, written, _ = await get(policy, f"{LAW}/en@1999-01-01{suffix}?partial=true")
        assert words in written
        assert "Order." not in written
        assert "1 of 4 provisions" in written
    status, whole, _ = await get(policy, f"{LAW}/en@2020-01-01?partial=true")
    assert (status, len(whole["provisions"])) == (200, 4), "a text that is held is given as a whole"
