"""Writing a draft provision by provision, as Markdown or as markup."""

from typing import Any

import pytest

from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import DRAFTS

SCRATCH = {"jurisdiction": "xx", "kind": "by-law", "lang": "en", "title": "Kites"}
AKN = (
    '<intro><p>In this Act,</p></intro><paragraph eId="para_a"><num>(a)</num><content><p>a <def>bell</def> is what '
    'rings under the <ref href="/akn/xx/act/B-2">Bells Act</ref></p></content></paragraph>'
)


async def outline(office: Office, draft: str) -> list[tuple[str, int]]:
    body, _ = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}?content=none")
    return [(part["eid"], part["level"]) for part in body["provisions"]]


async def test_a_draft_begins_with_the_text_of_its_base(office: Office) -> None:
    draft = await office.begun(title="Harbour Act")
    body, _ = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}?content=html")
    assert (body["title"], body["state"], body["base"]["href"]) == (
        "Harbour Act",
        "draft",
        f"{office.act}/en@2021-01-01",
    )
    assert body["provisions"][1]["source"] == "<p>To keep the peace of the harbour.</p>"
    assert "<p>To keep the peace of the harbour.</p>" in body["provisions"][1]["html"]
    assert not any(part["changed"] for part in body["provisions"])
    assert body["actions"] == ["edit", "rebase", "submit", "withdraw", "assign"]


async def test_markdown_and_markup_come_back_as_they_were_written(office: Office) -> None:
    draft = await office.begun()
    markdown = "Bells:\n\n(1) ring by *day*;\n(2) rest:\n\n(a) at night."
    first = (await office.eve.write(draft, "sec_2", markdown))["provision"]
    assert (first["format"], first["source"]) == ("markdown", markdown)
    assert "<i>day</i>" in first["html"]
    assert 'id="sec_2__subsec_2__para_a"' in first["html"]
    assert first["changed"]
    second = (await office.eve.write(draft, "sec_3", AKN, format="akn", heading="Bells"))["provision"]
    assert (second["format"], second["source"], second["heading"]) == ("akn", AKN, "Bells")
    assert "<dfn>bell</dfn>" in second["html"]
    third = (await office.eve.write(draft, "sec_2", "<p>Nobody rings a bell at night.</p>", format="akn"))["provision"]
    assert not third["changed"]


@pytest.mark.parametrize(
    ("sent", "pointer", "said"),
    [
        ({"source": "<p>x</p><script>alert(1)</script>", "format": "akn"}, "#/source", "sec_2: line 1: <script>"),
        ({"source": '<p onclick="x">x</p>', "format": "akn"}, "#/source", "onclick"),
        ({"source": '<p><ref href="javascript:x">x</ref></p>', "format": "akn"}, "#/source", "no address"),
        ({"source": "<p>x", "format": "akn"}, "#/source", "not well-formed"),
        ({"source": "</x><x>", "format": "akn"}, "#/source", "not well-formed"),
        ({"source": '<!DOCTYPE x [<!ENTITY e "x">]><p>&e;</p>', "format": "akn"}, "#/source", "sec_2"),
        ({"source": "<p>&e;</p>", "format": "akn"}, "#/source", "sec_2"),
        ({"source": "bare words", "format": "akn"}, "#/source", "outside of a paragraph"),
        ({"source": '<p eId="a">x</p><p eId="a">y</p>', "format": "akn"}, "#/source", "two elements"),
        ({"source": "# A heading", "format": "markdown"}, "#/source", "a heading opens a provision of its own"),
        ({"source": "a\u0001b", "format": "markdown"}, "#/source", "U+0001"),
        ({"heading": "a\u0001b"}, "#/heading", "U+0001"),
        ({"kind": "sonnet"}, "#/kind", "sec_2: is none of"),
        ({"format": "markdown"}, "#/source", "needs a source"),
        ({"in_force_from": 20200101}, "#/in_force_from", "write YYYY-MM-DD"),
        ({"owner": "me"}, "#/owner", "is not known here"),
        ({"hash": "00"}, "#/hash", "is not known here"),
        ({"status": "great"}, "#/status", "must be"),
    ],
)  # fmt: skip
async def test_what_cannot_be_written_is_told_with_its_place(
    office: Office, shared_draft: str, sent: dict[str, Any], pointer: str, said: str
) -> None:
    path = f"{DRAFTS}/{shared_draft}/provisions/sec_2"
    _, etag = await office.eve.expect(200, "GET", path)
    problem, _ = await office.eve.expect(422, "PATCH", path, sent, etag=etag)
    assert problem["errors"][0]["pointer"] == pointer
    assert said in problem["errors"][0]["detail"]


@pytest.fixture
async def shared_draft(office: Office) -> str:
    return await office.begun()


@pytest.mark.parametrize(
    "raw", [b'{"source": "a\\u0000b"}', b'{"source": "a\\ud800b"}', b'{"source": "\xff"}', b"[]", b"{"]
)
async def test_what_is_no_text_is_refused(office: Office, raw: bytes) -> None:
    draft = await office.begun()
    path = f"{DRAFTS}/{draft}/provisions/sec_2"
    _, etag = await office.eve.expect(200, "GET", path)
    await office.eve.expect(400, "PATCH", path, raw=raw, etag=etag)
    await office.eve.expect(400, "POST", DRAFTS, raw=raw)


async def test_provisions_are_put_in_moved_and_taken_out(office: Office) -> None:
    draft = await office.begun()
    path = f"{DRAFTS}/{draft}/provisions"
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    body, _ = await office.eve.expect(201, "POST", path, {"num": "1.1", "source": "New.", "after": "sec_1"}, etag=etag)
    assert (body["provision"]["eid"], body["provision"]["level"]) == ("sec_1.1", 1)
    etag = body["draft"]["etag"]
    body, _ = await office.eve.expect(
        201, "POST", path, {"kind": "part", "num": "Part 2", "heading": "Bells", "source": ""}, etag=etag
    )
    assert body["provision"]["eid"] == "part_2"
    assert await outline(office, draft) == [
        ("part_1", 0), ("sec_1", 1), ("sec_1.1", 1), ("sec_2", 1), ("sec_3", 1), ("part_2", 0),
    ]  # fmt: skip
    etag = body["draft"]["etag"]
    body, _ = await office.eve.expect(200, "POST", f"{path}/sec_2/move", {"after": "part_2", "level": 1}, etag=etag)
    body, _ = await office.eve.expect(
        200, "POST", f"{path}/part_2/move", {"before": "part_1"}, etag=body["draft"]["etag"]
    )
    assert await outline(office, draft) == [
        ("part_2", 0), ("sec_2", 1), ("part_1", 0), ("sec_1", 1), ("sec_1.1", 1), ("sec_3", 1),
    ]  # fmt: skip
    _, part = await office.eve.expect(200, "GET", f"{path}/part_2")
    await office.eve.expect(409, "DELETE", f"{path}/part_2", etag=part)
    _, section = await office.eve.expect(200, "GET", f"{path}/sec_2")
    await office.eve.expect(200, "DELETE", f"{path}/sec_2", etag=section)
    _, part = await office.eve.expect(200, "GET", f"{path}/part_2")
    await office.eve.expect(200, "DELETE", f"{path}/part_2", etag=part)
    assert [eid for eid, _ in await outline(office, draft)] == ["part_1", "sec_1", "sec_1.1", "sec_3"]


@pytest.mark.parametrize(
    ("step", "sent", "status"),
    [
        ("", {"eid": "sec_1", "source": "x"}, 422),
        ("", {"before": "sec_9", "source": "x"}, 404),
        ("", {"before": "sec_1", "after": "sec_2", "source": "x"}, 422),
        ("", {"before": "part_1", "level": 1, "source": "x"}, 422),
        ("", {"level": 31, "source": "x"}, 422),
        ("", {"eid": "a/b", "source": "x"}, 422),
        ("/part_1/move", {"after": "sec_3"}, 422),
        ("/sec_1/move", {}, 422),
        ("/sec_9/move", {"after": "sec_3"}, 404),
    ],
)
async def test_a_place_that_is_none_is_refused(office: Office, step: str, sent: dict[str, Any], status: int) -> None:
    draft = await office.begun()
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    await office.eve.expect(status, "POST", f"{DRAFTS}/{draft}/provisions{step}", sent, etag=etag)
    assert len(await outline(office, draft)) == 4


async def test_a_hundred_provisions_fit_between_two(office: Office) -> None:
    answer, etag = await office.eve.expect(
        201, "POST", DRAFTS, SCRATCH | {"number": "2030-100", "text": "## 1. One\n\nx\n\n## 2. Two\n\ny"}
    )
    after = "sec_1"
    for _ in range(100):
        body, _ = await office.eve.expect(
            201, "POST", f"{DRAFTS}/{answer['id']}/provisions", {"source": "x", "after": after}, etag=etag
        )
        after, etag = body["provision"]["eid"], body["draft"]["etag"]
    order = [eid for eid, _ in await outline(office, answer["id"])]
    assert (len(order), order[0], order[-2], order[-1]) == (102, "sec_1", after, "sec_2")


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"base": "/api/v1/policies/xx/act/none/en@2020-01-01"}, "#/base"),
        ({"base": "/api/v1/policies/xx/act/B-2/en@2020-06-01"}, "#/base"),
        ({"base": "/api/v1/policies/xx/act/B-2/en"}, "#/base"),
        ({"base": "elsewhere"}, "#/base"),
        ({"base": "/api/v1/policies/xx/act/B-2/en@2021-01-01", "number": "X"}, "#/"),
        ({"jurisdiction": "xx"}, "#/"),
        (SCRATCH | {"number": "a b"}, "#/number"),
        (SCRATCH | {"number": "n.xml"}, "#/number"),
        (SCRATCH | {"number": "1", "state": "published"}, "#/state"),
        (SCRATCH | {"number": "1", "date": "2024-02-30"}, "#/date"),
        (SCRATCH | {"number": "1", "title": "  "}, "#/title"),
        (SCRATCH | {"number": "1", "provisions": [{"source": "x"}, {"source": "<p", "format": "akn"}]},
         "#/provisions/1/source"),
        (SCRATCH | {"number": "1", "provisions": [{"eid": "a", "source": "x"}, {"eid": "a", "source": "x"}]},
         "#/provisions/1/eid"),
        (SCRATCH | {"number": "1", "provisions": [{"level": 1, "source": "x"}]}, "#/provisions/0/level"),
        (SCRATCH | {"number": "1", "text": "> " * 60 + "x"}, "#/text"),
    ],
)  # fmt: skip
async def test_a_draft_that_cannot_begin_is_told_why(office: Office, sent: dict[str, Any], pointer: str) -> None:
    problem, _ = await office.eve.expect(422, "POST", DRAFTS, sent)
    assert pointer in [error["pointer"] for error in problem["errors"]], problem
    assert (await office.eve.expect(200, "GET", DRAFTS))[0]["items"] == []


async def test_the_description_is_written_over_in_part(office: Office) -> None:
    draft = await office.begun()
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    body, etag = await office.eve.expect(
        200, "PATCH", f"{DRAFTS}/{draft}", {"title": "New", "date": "2030-01-01", "subjects": ["bells"]}, etag=etag
    )
    assert (body["title"], body["date"], body["subjects"], body["citations"][0][:2]) == (
        "New",
        "2030-01-01",
        ["bells"],
        "c.",
    )
    problem, _ = await office.eve.expect(422, "PATCH", f"{DRAFTS}/{draft}", {"lang": "fr"}, etag=etag)
    assert problem["errors"] == [{"detail": "is that of the version it began from", "pointer": "#/lang"}]


async def test_another_language_is_another_text(office: Office) -> None:
    sent = SCRATCH | {"number": "2030-2", "text": "## 1. One\n\nUn."}
    answer, etag = await office.eve.expect(201, "POST", DRAFTS, sent)
    body, _ = await office.eve.expect(200, "PATCH", f"{DRAFTS}/{answer['id']}", {"lang": "fr"}, etag=etag)
    assert [part["lang"] for part in body["provisions"]] == ["fr"]
    assert body["provisions"][0]["hash"] != answer["provisions"][0]["hash"]
