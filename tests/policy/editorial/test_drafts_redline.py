"""The redline of a draft against its base, while it is written."""

from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import DRAFTS


async def test_a_redline_follows_the_draft(office: Office) -> None:
    draft = await office.begun()
    path = f"{DRAFTS}/{draft}"
    empty, etag = await office.eve.expect(200, "GET", f"{path}/diff")
    assert (empty["items"], empty["summary"]["unchanged"], empty["etag"]) == ([], 4, etag)
    await office.eve.write(draft, "sec_2", "Nobody rings a gong at night.", num="2.1")
    _, section = await office.eve.expect(200, "GET", f"{path}/provisions/sec_3")
    _, etag = await office.eve.expect(200, "DELETE", f"{path}/provisions/sec_3", etag=section)
    body, _ = await office.eve.expect(
        201, "POST", f"{path}/provisions", {"eid": "sec_9", "num": "9", "source": "Brand new & <b>."}, etag=etag
    )
    found, _ = await office.eve.expect(200, "GET", f"{path}/diff")
    assert [(item["ops"], (item["to"] or item["from"])["eid"]) for item in found["items"]] == [
        (["renumbered", "changed"], "sec_2"), (["removed"], "sec_3"), (["added"], "sec_9"),
    ]  # fmt: skip
    words = [(run["op"], run["text"]) for run in found["items"][0]["words"]]
    assert ("delete", "bell") in words
    assert ("insert", "gong") in words
    assert found["etag"] == body["draft"]["etag"]
    async with office.rita.session.get(f"{path}/diff?format=html", headers=office.rita.headers()) as response:
        page = await response.text()
        assert response.content_type == "text/html"
    assert '<section id="change-1" class="redline" data-op="renumbered" data-eid="sec_2">' in page
    assert "Brand new &amp; &lt;b&gt;." in page


async def test_a_draft_from_scratch_is_all_new(office: Office) -> None:
    sent = {"jurisdiction": "xx", "kind": "by-law", "number": "2030-9", "lang": "en", "title": "Kites",
            "text": "## 1. One\n\nx\n\n## 2. Two\n\ny"}  # fmt: skip
    answer, _ = await office.eve.expect(201, "POST", DRAFTS, sent)
    found, _ = await office.eve.expect(200, "GET", f"{DRAFTS}/{answer['id']}/diff")
    assert [item["op"] for item in found["items"]] == ["added", "added"]
    assert found["title"] == [{"op": "insert", "text": "Kites"}]
