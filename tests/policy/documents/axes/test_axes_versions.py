"""What stood on a day (as_of) as it was known on another (known_at): works, versions and what hangs on them."""

from datetime import timedelta

import aiohttp
import pytest

from tests.policy.answers import described, expect_described
from tests.policy.documents.axes.laws import LAW, ROOT, TODAY, get


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        (f"{LAW}/en?as_of=2020-06-01", f"{LAW}/en@2020-01-01"),
        (f"{LAW}/en?as_of=2021-06-01&content=none", f"{LAW}/en@2021-01-01?content=none"),
        (f"{LAW}/en@2021-01-01?as_of=2021-01-01", f"{LAW}/en@2021-01-01"),
        (f"{LAW}/en@2021-01-01/~sec_1?as_of=2020-06-01", f"{LAW}/en@2020-01-01/~sec_1"),
        (f"{LAW}/en?known_at=2021-01-31", f"{LAW}/en@2020-01-01?known_at=2021-01-31"),
        (f"{LAW}/en?known_at=2021-02-01", f"{LAW}/en@2021-01-01?known_at=2021-02-01"),
        (f"{LAW}/en@2021-05-05?known_at=2020-12-31", f"{LAW}/en@2020-01-01?known_at=2020-12-31"),
        (f"{LAW}/en/~sec_1?as_of=2020-06-01", f"{LAW}/en@2020-01-01/~sec_1"),
        (f"{LAW}/en?as_of=1999-01-01&partial=true", f"{LAW}/en@1999-01-01?partial=true"),
    ],
)
async def test_both_axes_lead_to_a_version(policy: aiohttp.ClientSession, asked: str, location: str) -> None:
    status, _, headers = await get(policy, asked)
    assert (status, headers["Location"]) == (302, location)


async def test_a_correction_is_known_from_the_day_it_was_published(policy: aiohttp.ClientSession) -> None:
    _, now, headers = await get(policy, f"{LAW}/en@2021-01-01")
    assert (now["revision"], now["provisions"][3]["text"], now["corrected"]) == (2, "Mended.", None)
    assert headers["Link"] == f'<{LAW}/en@2021-01-01>; rel="canonical"'
    _, then, headers = await get(policy, f"{LAW}/en@2021-01-01?known_at=2021-12-31")
    assert (then["revision"], then["provisions"][3]["text"]) == (1, "Undated.")
    assert then["corrected"] == f"{LAW}/en@2021-01-01"
    assert then["known_at"] == "2021-12-31"
    assert then["previous"] == f"{LAW}/en@2020-01-01?known_at=2021-12-31"
    assert then["languages"] == {"en": f"{LAW}/en@2021-01-01?known_at=2021-12-31"}, "French came only in 2022"
    permanent = f"{LAW}/en@2021-01-01?known_at=2021-02-01"
    assert headers["Link"] == f'<{permanent}>; rel="canonical"'
    _, again, _ = await get(policy, permanent)
    assert again["content_hash"] == then["content_hash"] != now["content_hash"]
    _, part, headers = await get(policy, f"{LAW}/en@2021-01-01/~sec_4?known_at=2021-12-31")
    assert part["provision"]["text"] == "Undated."
    assert headers["Link"] == f'<{LAW}/en@2021-01-01/~sec_4?known_at=2021-02-01>; rel="canonical"'
    _, text, _ = await get(policy, f"{LAW}/en@2021-01-01.txt?known_at=2021-12-31")
    assert f"[Its publisher has corrected this text since; the text of this date is at {LAW}/en@2021-01-01.]" in text


async def test_a_work_as_it_stood_and_as_it_was_known(policy: aiohttp.ClientSession) -> None:
    _, work, _ = await get(policy, f"{LAW}?as_of=2020-06-01")
    assert (work["title"], work["date"], work["as_of"]) == ("Note L-1", "2020-01-01", "2020-06-01")
    assert len(work["versions"]) == 3, "as_of hides nothing"
    _, work, _ = await get(policy, f"{LAW}?known_at=2021-12-31")
    assert (work["title"], work["languages"]) == ("Law of 2021", ["en"])
    assert [(v["date"], v["revision"], v["href"]) for v in work["versions"]] == [
        ("2021-01-01", 1, f"{LAW}/en@2021-01-01?known_at=2021-12-31"),
        ("2020-01-01", 1, f"{LAW}/en@2020-01-01?known_at=2021-12-31"),
    ]
    _, tomorrow, _ = await get(policy, f"{LAW}?known_at={TODAY + timedelta(days=1)}")
    assert tomorrow == (await get(policy, LAW))[1], "everything held is known by then"


async def test_two_languages_as_they_were_known(policy: aiohttp.ClientSession) -> None:
    _, body, _ = await get(policy, f"{LAW}/parallel?langs=en,fr&known_at=2022-12-31")
    assert body["versions"] == {"en": f"{LAW}/en@2021-01-01", "fr": f"{LAW}/fr@2021-01-01"}
    status, problem, _ = await get(policy, f"{LAW}/parallel?langs=en,fr&known_at=2021-12-31")
    assert (status, problem["type"]) == (404, "/docs/errors#not-found"), "French came only in 2022"
    status, _, _ = await get(policy, f"{LAW}/parallel/differences?since=2021-01-01&known_at=2019-01-01")
    assert status == 404


async def test_citations_of_the_texts_of_a_day(policy: aiohttp.ClientSession) -> None:
    for path in ("order/C-1/citations?direction=out", "act/L-1/citations?direction=in"):
        for query, count in (("", 0), ("&as_of=2020-06-01", 1), ("&as_of=2021-06-01", 0)):
            _, body, _ = await get(policy, f"/api/v1/policies/xx/{path}{query}")
            assert len(body["items"]) == count, (path, query)


async def test_answers_are_as_described(policy: aiohttp.ClientSession) -> None:
    openapi = described()
    for path, status in (
        (f"{LAW}?known_at=2021-12-31", 200),
        (f"{LAW}/en@2021-01-01?known_at=2021-12-31", 200),
        (f"{LAW}/en@1999-01-01?partial=true", 200),
        (f"{LAW}/en@1999-01-01/~sec_1", 200),
        (f"{LAW}/en@1999-01-01", 404),
        (f"{ROOT}/X-1", 410),
        (f"{ROOT}/W-1", 200),
        ("/api/v1/policies?as_of=2020-06-01&known_at=2022-01-01", 200),
        ("/api/v1/policies?known_at=2010-01-01", 404),
        (f"{LAW}/parallel?known_at=2022-12-31", 200),
    ):
        await expect_described(policy, openapi, "GET", path, status)
