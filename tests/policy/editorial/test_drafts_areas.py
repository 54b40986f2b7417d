"""An editor of one jurisdiction is not one of another: not in lists, not in reading, not in any step."""

from shared.permissions import Role
from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import DRAFTS, Person

SCRATCH = {
    "jurisdiction": "yy-town",
    "kind": "by-law",
    "number": "1",
    "lang": "en",
    "title": "Bells",
    "text": "## 1. X\n\nY.",
}
"""The acts of these tests are of xx; this is not."""


def of(person: Person, areas: str) -> Person:
    """The same person with other areas."""
    return Person(person.session, person.account, person.role, areas)


async def test_drafts_begin_only_in_ones_area(office: Office) -> None:
    here, there, nowhere = of(office.eve, "xx"), of(office.eve, "yy-town zz"), of(office.eve, "")
    base = {"base": f"{office.act}/en@2021-01-01"}
    await here.expect(201, "POST", DRAFTS, base)
    await there.expect(201, "POST", DRAFTS, SCRATCH)
    for person, body in ((there, base), (here, SCRATCH), (nowhere, base), (nowhere, SCRATCH)):
        answer, _ = await person.expect(403, "POST", DRAFTS, body)
        assert "other jurisdictions" in answer["detail"]


async def test_a_draft_does_not_move_to_another_area(office: Office) -> None:
    here = of(office.eve, "yy-town")
    made, etag = await here.expect(201, "POST", DRAFTS, SCRATCH)
    path = f"{DRAFTS}/{made['id']}"
    await here.expect(403, "PATCH", path, {"jurisdiction": "xx"}, etag=etag)
    assert (await here.expect(200, "GET", path))[1] == etag


async def test_in_another_area_a_draft_does_not_exist(office: Office) -> None:
    draft = await office.submitted()
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    _, etag = await office.eve.expect(200, "PUT", f"{DRAFTS}/{draft}/editors/{office.sam.account}", etag=etag)
    number = office.act.rpartition("/")[2]
    steps = {
        office.eve: ("GET ", "GET /diff", "GET /events", "GET /provisions/sec_2", "POST /recall", "POST /withdraw"),
        office.sam: ("GET ", "POST /recall"),
        office.rita: ("GET ", "GET /diff", "POST /approve", "POST /return", "POST /publish"),
    }
    for person, requests in steps.items():
        for areas in ("yy-town", "xx-town x", ""):
            other = of(person, areas)
            for request in requests:
                method, _, tail = request.partition(" ")
                body = {"note": "X"} if tail == "/return" else None
                await other.expect(404, method, f"{DRAFTS}/{draft}{tail}", body, etag=etag)
            body, _ = await other.expect(200, "GET", f"{DRAFTS}?number={number}")
            assert body["items"] == []
        body, _ = await of(person, "aa xx").expect(200, "GET", f"{DRAFTS}?number={number}")
        assert [item["id"] for item in body["items"]] == [draft]
    await of(office.anna, "").expect(200, "GET", f"{DRAFTS}/{draft}")  # administrators read everywhere
    await of(office.rita, "xx").do(draft, "approve")


async def test_a_version_is_withdrawn_only_in_ones_area(office: Office) -> None:
    await of(office.rita, "yy-town").withdraw(f"{office.act}/en@2021-01-01", "Misprint.", status=403)
    await of(office.rita, "xx").withdraw(f"{office.act}/en@2021-01-01", "Misprint.")


async def test_who_lost_an_area_lost_what_they_began_there(office: Office) -> None:
    draft = await office.begun()
    await of(office.eve, "yy-town").expect(404, "GET", f"{DRAFTS}/{draft}")
    await of(office.eve, "xx").expect(200, "GET", f"{DRAFTS}/{draft}")
    assert Role.EDITOR is office.eve.role
