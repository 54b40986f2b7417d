"""The redline between two days, over HTTP, as data, HTML and text."""

from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest

from tests.policy.diffs.applying import apply, step_of

ACT = "/api/v1/policies/xx/act/G-1"


async def get(policy: aiohttp.ClientSession, path: str, status: int = 200) -> Any:
    async with policy.get(path) as response:
        assert response.status == status, await response.text()
        return await response.json(content_type=None)


async def texts(policy: aiohttp.ClientSession, version: str) -> list[str]:
    """The plain text of each provision, as the documents' own format gives it."""
    found = []
    for provision in (await get(policy, f"{ACT}/{version}?content=none"))["provisions"]:
        async with policy.get(f"{ACT}/{version}/~{provision['eid']}.txt") as response:
            found.append((await response.text()).split("\n\n", 1)[1].removesuffix("\n"))
    return found


async def test_what_happened_between_two_days(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{ACT}/diff?from=2020-06-01&to=2021-12-31&lang=en")
    assert (body["from"]["date"], body["to"]["date"]) == ("2020-01-01", "2021-01-01"), "those that stood then"
    assert [(i["op"], i["from"] and i["from"]["eid"], i["to"] and i["to"]["eid"]) for i in body["items"]] == [
        ("changed", "sec_1", "sec_1"), ("added", None, "sec_2"), ("renumbered", "sec_2", "sec_3"),
        ("renumbered", "sec_3", "sec_4"),
    ]  # fmt: skip
    assert [run for run in body["items"][0]["words"] if run["op"] != "equal"] == [
        {"op": "insert", "text": " and at noon"}
    ]
    assert body["items"][2]["to"]["href"] == f"{ACT}/en@2021-01-01/~sec_3"
    counts = body["summary"]
    assert (counts["changed"], counts["added"], counts["renumbered"], counts["removed"]) == (1, 1, 2, 0)
    assert "".join(run["text"] for run in body["title"] if run["op"] != "delete") == "Note G-1, amended"


@pytest.mark.parametrize(
    ("start", "end", "lang"),
    [("2020-01-01", "2021-01-01", "en"), ("2021-01-01", "2022-01-01", "en"), ("2020-01-01", "2022-01-01", "en"),
     ("2022-01-01", "2020-01-01", "en"), ("2020-01-01", "2021-01-01", "fr")],
)  # fmt: skip
async def test_applied_to_the_old_text_it_gives_the_new_one(
    policy: aiohttp.ClientSession, start: str, end: str, lang: str
) -> None:
    body = await get(policy, f"{ACT}/diff?from={start}&to={end}&lang={lang}")
    old, new = await texts(policy, f"{lang}@{start}"), await texts(policy, f"{lang}@{end}")
    assert old != new
    assert apply([step_of(item) for item in body["items"]], old) == new


async def test_without_days_it_is_the_last_change(policy: aiohttp.ClientSession) -> None:
    body = await get(policy, f"{ACT}/diff")
    assert (body["lang"], body["from"]["date"], body["to"]["date"]) == ("en", "2021-01-01", "2022-01-01")
    assert [i["op"] for i in body["items"]] == ["removed", "changed"]
    assert (await get(policy, f"{ACT}/diff?to=2021-05-05"))["from"]["date"] == "2020-01-01"
    same = await get(policy, f"{ACT}/diff?from=2022-01-01")
    assert (same["items"], same["summary"]["unchanged"]) == ([], 3)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        (f"{ACT}/diff?from=2019-12-31", 404, "not-held"),
        ("/api/v1/policies/xx/act/ONE/diff", 404, "not-held"),
        (f"{ACT}/diff?lang=de", 404, "not-found"),
        ("/api/v1/policies/xx/act/none/diff", 404, "not-found"),
        (f"{ACT}/diff?from=2020-02-30", 400, "invalid-request"),
        (f"{ACT}/diff?from=20200101", 400, "invalid-request"),
        (f"{ACT}/diff?format=pdf", 400, "invalid-request"),
        (f"{ACT}/diff?since=2020-01-01", 400, "invalid-request"),
        (f"{ACT}/diff?to=2020-01-01&to=2021-01-01", 400, "invalid-request"),
        (f"{ACT}/diff?lang=en%00", 400, "invalid-request"),
    ],
)
async def test_problems(policy: aiohttp.ClientSession, path: str, status: int, kind: str) -> None:
    body = await get(policy, path, status)
    assert body["type"] == f"/docs/errors#{kind}"


async def test_an_alias_and_a_cached_answer(policy: aiohttp.ClientSession) -> None:
    path = "/api/v1/policies/xx/act/OLD-1/diff?from=2020-01-01&lang=en"
    async with policy.get(path, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (301, f"{ACT}/diff?from=2020-01-01&lang=en")
    async with policy.get(f"{ACT}/diff?lang=en") as response:
        etag = response.headers["ETag"]
        assert response.headers["Link"] == f'<{ACT}/diff?from=2021-01-01&to=2022-01-01&lang=en>; rel="canonical"'
    async with policy.get(f"{ACT}/diff?lang=en", headers={"If-None-Match": etag}) as response:
        assert response.status == 304


class _Reader(HTMLParser):
    """What a page says, with the marked text apart."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.marked: dict[str, str] = {"ins": "", "del": ""}
        self.labels: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "br"):
            self.inside.append(tag)
        self.labels.update(value for name, value in attrs if name == "aria-label" and value)

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.inside and self.inside[-1] in self.marked:
            self.marked[self.inside[-1]] += data


async def test_as_html(policy: aiohttp.ClientSession) -> None:
    async with policy.get(f"{ACT}/diff?from=2021-01-01&to=2020-01-01&lang=en&format=html") as response:
        assert response.content_type == "text/html"
        page = await response.text()
    reader = _Reader()
    reader.feed(page)
    assert reader.inside == []
    assert reader.labels == {"inserted", "deleted"}
    assert " and at noon" in reader.marked["del"]
    assert '<a href="#change-1">changed: 1</a>' in page
    assert '<section id="change-1" class="redline" data-op="changed" data-eid="sec_1">' in page
    assert "<cart>" not in page
    assert "a boat &amp; a &lt;cart&gt; on the slipway" in page
    async with policy.get(f"{ACT}/diff?lang=fr", headers={"Accept": "text/html"}) as response:
        assert 'aria-label="inséré"' in await response.text()
    async with policy.get(f"{ACT}/diff?lang=fr", headers={"Accept": "application/akn+xml"}) as response:
        assert response.status == 406


async def test_as_text(policy: aiohttp.ClientSession) -> None:
    async with policy.get(f"{ACT}/diff?lang=en&format=text") as response:
        assert response.content_type == "text/plain"
        assert await response.text() == (
            "--- Note G-1, amended (en@2021-01-01)\n"
            "+++ Note G-1, amended (en@2022-01-01)\n"
            "1 removed, 1 changed; words: +3 −13\n"
            "\n"
            "@@ removed: 2 @@\n"
            "- 2\n"
            "- Dogs are welcome on the quay, on a lead.\n"
            "\n"
            "@@ changed: 4 @@\n"
            "  4\n"
            "~ The council reports [-once-]{+twice+} a year to everybody.\n"
            "~ 1990, c. 2, s. 3; [-2001-]{+2021+}, c. [-9-]{+4+}, s. 7\n"
        )
