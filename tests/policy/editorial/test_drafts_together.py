"""Two at once: nobody writes over what they have not read, and of two who publish exactly one does."""

import asyncio

import pytest

from tests.policy.editorial.conftest import TODAY, Office
from tests.policy.editorial.editors import DRAFTS

STRANGER = "00000000-0000-4000-8000-00000000000f"


async def test_a_write_names_what_was_read(office: Office) -> None:
    draft = await office.begun()
    path = f"{DRAFTS}/{draft}"
    for method, address, body in (
        ("PATCH", path, {"title": "X"}), ("PATCH", f"{path}/provisions/sec_2", {"num": "9"}),
        ("DELETE", f"{path}/provisions/sec_2", None), ("POST", f"{path}/provisions", {"source": "x"}),
        ("POST", f"{path}/submit", None), ("POST", f"{path}/rebase", None), ("PUT", f"{path}/editors/{STRANGER}", None),
    ):  # fmt: skip
        problem, _ = await office.eve.expect(428, method, address, body)
        assert problem["type"] == "/docs/errors#precondition-required"
    _, etag = await office.eve.expect(200, "GET", path)
    for wrong in (f"W/{etag}", '"x"', "nonsense", etag.strip('"')):
        await office.eve.expect(412, "PATCH", path, {"title": "X"}, etag=wrong)
    await office.eve.expect(200, "PATCH", path, {"title": "X"}, etag=f'"other", {etag}')
    await office.eve.expect(200, "PATCH", path, {"title": "Y"}, etag="*")


async def test_who_comes_second_is_told_what_changed(office: Office) -> None:
    draft = await office.begun()
    path = f"{DRAFTS}/{draft}/provisions/sec_2"
    _, read = await office.eve.expect(200, "GET", path)
    await office.eve.expect(200, "PATCH", path, {"source": "First.", "format": "markdown"}, etag=read)
    problem, _ = await office.eve.expect(412, "PATCH", path, {"source": "Second.", "format": "markdown"}, etag=read)
    current = problem["current"]
    assert current["provision"]["source"] == "First."
    assert [(one["action"], one["eid"], one["by"]) for one in current["changes"][-1:]] == [
        ("write", "sec_2", office.eve.account)
    ]
    await office.eve.expect(200, "PATCH", path, {"source": "Both.", "format": "markdown"}, etag=current["etag"])
    _, old = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    await office.eve.write(draft, "sec_3", "Third.")
    problem, _ = await office.eve.expect(412, "POST", f"{DRAFTS}/{draft}/submit", etag=old)
    assert [(one["action"], one["eid"]) for one in problem["current"]["changes"]] == [("write", "sec_3")]


async def test_editors_of_different_provisions_do_not_meet(office: Office) -> None:
    draft = await office.begun()
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    await office.eve.expect(200, "PUT", f"{DRAFTS}/{draft}/editors/{office.sam.account}", etag=etag)
    await asyncio.gather(*(
        person.write(draft, eid, f"Written by {person.account}.")
        for person, eid in ((office.eve, "sec_1"), (office.sam, "sec_2"), (office.eve, "sec_3"))
    ))  # fmt: skip
    body, _ = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    assert [part["changed"] for part in body["provisions"]] == [False, True, True, True]
    assert body["revision"] == 5


async def test_of_many_who_write_one_provision_at_once_one_does(office: Office) -> None:
    draft = await office.begun()
    path = f"{DRAFTS}/{draft}/provisions/sec_2"
    _, etag = await office.eve.expect(200, "GET", path)
    answers = await asyncio.gather(*(
        office.eve.call("PATCH", path, {"source": f"Number {at}.", "format": "markdown"}, etag=etag) for at in range(8)
    ))  # fmt: skip
    assert sorted(status for status, _, _ in answers) == [200] + [412] * 7


@pytest.mark.parametrize("base", [True, False])
async def test_of_two_drafts_of_one_work_published_at_once_one_is(office: Office, base: bool) -> None:
    number = office.act.rpartition("/")[2]
    drafts = []
    for at in range(2):
        body = {"base": f"{office.act}/en@2021-01-01"} if base else {
            "jurisdiction": "yy", "kind": "by-law", "number": number, "lang": "en", "title": "T",
        }  # fmt: skip
        answer, etag = await office.eve.expect(201, "POST", DRAFTS, body)
        await office.eve.expect(
            201, "POST", f"{DRAFTS}/{answer['id']}/provisions", {"source": f"Text {at}.", "eid": f"new_{at}"}, etag=etag
        )
        await office.eve.do(answer["id"], "submit")
        _, etag = await office.rita.expect(200, "GET", f"{DRAFTS}/{answer['id']}")
        body, etag = await office.rita.expect(200, "POST", f"{DRAFTS}/{answer['id']}/approve", etag=etag)
        drafts.append((answer["id"], etag))
    answers = await asyncio.gather(*(
        person.call("POST", f"{DRAFTS}/{draft}/publish", etag=etag)
        for person, (draft, etag) in zip((office.rita, office.adam), drafts, strict=True)
    ))  # fmt: skip
    assert sorted(status for status, _, _ in answers) == [200, 409]
    work = office.act if base else f"/api/v1/policies/yy/by-law/{number}"
    refused = next(body for status, body, _ in answers if status == 409)
    assert refused["latest"] == f"{work}/en@{TODAY}"
    assert refused["base"] == (f"{office.act}/en@2021-01-01" if base else None)
    versions, _ = await office.nobody.expect(200, "GET", work)
    assert [head["date"] for head in versions["versions"]].count(TODAY.isoformat()) == 1


async def test_of_two_who_publish_one_draft_one_does(office: Office) -> None:
    draft = await office.approved()
    _, etag = await office.rita.expect(200, "GET", f"{DRAFTS}/{draft}")
    answers = await asyncio.gather(*(
        person.call("POST", f"{DRAFTS}/{draft}/publish", etag=etag) for person in (office.rita, office.adam)
    ))  # fmt: skip
    assert sorted(status for status, _, _ in answers) == [200, 412]


async def test_the_same_request_creates_once(office: Office) -> None:
    body = {"base": f"{office.act}/en@2021-01-01"}
    key = office.act.replace("/", "-")
    answers = await asyncio.gather(*(office.eve.call("POST", DRAFTS, body, key=key) for _ in range(5)))
    assert {status for status, _, _ in answers} == {201}
    assert len({answer["id"] for _, answer, _ in answers}) == 1
    draft = answers[0][1]["id"]
    await office.eve.write(draft, "sec_2", "Changed meanwhile.")
    status, again, etag = await office.eve.call("POST", DRAFTS, body, key=key)
    assert (status, again, etag) == (201, answers[0][1], answers[0][2])
    assert len((await office.eve.expect(200, "GET", f"{DRAFTS}?mine=own"))[0]["items"]) == 1
    problem, _ = await office.eve.expect(422, "POST", DRAFTS, body | {"title": "Another"}, key=key)
    assert problem["errors"][0]["pointer"] == "Idempotency-Key"
    other, _ = await office.sam.expect(201, "POST", DRAFTS, body, key=key)
    assert other["id"] != draft
    await office.eve.expect(400, "POST", DRAFTS, body, key="x" * 201)


async def test_a_request_that_failed_may_be_sent_again_with_its_key(office: Office) -> None:
    key = office.act.replace("/", "-")
    await office.eve.expect(422, "POST", DRAFTS, {"base": f"{office.act}/en@1999-01-01"}, key=key)
    await office.eve.expect(201, "POST", DRAFTS, {"base": f"{office.act}/en@2021-01-01"}, key=key)
