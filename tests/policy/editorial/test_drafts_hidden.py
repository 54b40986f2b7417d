"""Who sees a draft: its editors and the reviewers. To everybody else it does not exist, here or anywhere else.

Whoever may not take a step with any draft at all is told so, alike for a draft that exists and for one that does not.
"""

import gzip

from shared.permissions import Role
from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import DRAFTS, Person

STRANGER = "/editors/00000000-0000-4000-8000-00000000000f"


async def test_to_others_a_draft_does_not_exist(office: Office) -> None:
    draft = await office.begun()
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    _, section = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}/provisions/sec_2")
    requests = [
        ("GET", "", None, ""), ("GET", "/diff", None, ""), ("GET", "/events", None, ""),
        ("GET", "/provisions/sec_2", None, ""), ("PATCH", "", {"title": "X"}, etag),
        ("PUT", "/provisions/sec_2", {"source": "X"}, section), ("PATCH", "/provisions/sec_2", {"num": "9"}, section),
        ("DELETE", "/provisions/sec_2", None, section), ("POST", "/provisions", {"source": "X"}, etag),
        ("POST", "/provisions/sec_2/move", {"before": "sec_1"}, etag), ("POST", "/rebase", None, etag),
        ("PUT", STRANGER, None, etag), ("DELETE", STRANGER, None, etag), ("POST", "/submit", None, etag),
        ("POST", "/approve", None, etag), ("POST", "/return", {"note": "X"}, etag), ("POST", "/publish", None, etag),
        ("POST", "/withdraw", None, etag),
    ]  # fmt: skip
    for method, path, body, known in requests:
        decides = path in ("/approve", "/return", "/publish")
        for person, status in ((office.sam, 403 if decides else 404), (office.reader, 403), (office.nobody, 401)):
            found, answer, _ = await person.call(method, f"{DRAFTS}/{draft}{path}", body, etag=known)
            assert found == status, (method, path, person.role, answer)
            absent = f"{DRAFTS}/00000000-0000-4000-8000-000000000000{path}"
            twin, other, _ = await person.call(method, absent, body, etag=known)
            assert (twin, other["detail"]) == (status, answer["detail"])
    assert (await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}"))[1] == etag


async def test_what_is_no_id_is_not_found(office: Office) -> None:
    for draft in ("1", "x" * 500, "%00", "..%2f", "%ff"):
        status, _, _ = await office.eve.call("GET", f"{DRAFTS}/{draft}")
        assert status in (400, 404), draft


async def test_lists_hold_what_one_may_see(office: Office) -> None:
    draft = await office.begun()
    number = office.act.rpartition("/")[2]
    path = f"{DRAFTS}?number={number}"
    for person, count in ((office.eve, 1), (office.sam, 0), (office.rita, 1), (office.anna, 1)):
        body, _ = await person.expect(200, "GET", path)
        assert len(body["items"]) == count, person.role
    await office.reader.expect(403, "GET", path)
    await office.nobody.expect(401, "GET", path)
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    body, etag = await office.eve.expect(200, "PUT", f"{DRAFTS}/{draft}/editors/{office.sam.account}", etag=etag)
    assert body["editors"] == [office.sam.account]
    for query, count in (("", 1), ("&mine=assigned", 1), ("&mine=own", 0), ("&state=submitted", 0), ("&lang=fr", 0)):
        body, _ = await office.sam.expect(200, "GET", path + query)
        assert len(body["items"]) == count, query
    await office.sam.write(draft, "sec_2", "Sam was here.")
    _, etag = await office.sam.expect(200, "GET", f"{DRAFTS}/{draft}")
    await office.sam.expect(403, "PUT", f"{DRAFTS}/{draft}/editors/00000000-0000-4000-8000-00000000000f", etag=etag)
    await office.rita.expect(200, "DELETE", f"{DRAFTS}/{draft}/editors/{office.sam.account}", etag=etag)
    await office.sam.expect(404, "GET", f"{DRAFTS}/{draft}")


async def test_pages_are_complete_and_bound_to_their_filters(office: Office) -> None:
    made = [await office.begun() for _ in range(5)]
    path = f"{DRAFTS}?mine=own&limit=2"
    seen: list[str] = []
    step: str | None = path
    while step:
        body, _ = await office.eve.expect(200, "GET", step)
        seen += [item["id"] for item in body["items"]]
        before, step = body["page"]["prev"], body["page"]["next"]
        if len(seen) == 2:
            made.append(await office.begun())  # in front of what was read: no page shifts
    assert seen == made[4::-1]
    back, _ = await office.eve.expect(200, "GET", before)
    assert [item["id"] for item in back["items"]] == seen[2:4]
    cursor = (await office.eve.expect(200, "GET", path))[0]["page"]["next"].partition("cursor=")[2]
    await office.eve.expect(400, "GET", f"{DRAFTS}?mine=assigned&cursor={cursor}")
    await office.sam.expect(400, "GET", f"{path}&cursor={cursor}")
    await office.eve.expect(400, "GET", f"{DRAFTS}?owner=me")


async def test_a_draft_leaks_nowhere(office: Office) -> None:
    before = await office.changes()
    await office.approved("Nobody rings a carillon here.")
    scratch = {"jurisdiction": "zz-secret", "kind": "by-law", "number": "1", "lang": "en", "title": "Carillon Rule",
               "text": "## 1. X\n\nA carillon."}  # fmt: skip
    await office.eve.expect(201, "POST", DRAFTS, scratch)
    for path in ("search?q=carillon", "suggest?q=carillon"):
        body, _ = await office.nobody.expect(200, "GET", f"/api/v1/{path}")
        assert body["items"] == [], path
    for path in ("jurisdictions", "policies?jurisdiction=zz-secret", "stats"):
        body, _ = await office.nobody.expect(200, "GET", f"/api/v1/{path}")
        assert "zz-secret" not in str(body), path
    assert await office.changes() == before
    assert office.rows("SELECT FROM provision WHERE text LIKE '%%arillon%%'") == []
    assert office.rows("SELECT FROM version WHERE title LIKE '%%arillon%%'") == []
    manifest, _ = await office.nobody.expect(200, "GET", "/api/v1/bulk")
    for part in manifest["parts"]:
        async with office.nobody.session.get(part["href"]) as response:
            assert b"arillon" not in gzip.decompress(await response.read())


async def test_an_editor_who_was_made_a_reader_writes_no_more(office: Office) -> None:
    draft = await office.begun()
    demoted = Person(office.eve.session, office.eve.account, Role.READER)
    await demoted.expect(403, "GET", f"{DRAFTS}/{draft}")
    await demoted.expect(403, "POST", DRAFTS, {"base": f"{office.act}/en@2021-01-01"})
    await office.rita.expect(403, "POST", DRAFTS, {"base": f"{office.act}/en@2021-01-01"})
