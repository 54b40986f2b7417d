"""A draft whose base was left behind: refused with both addresses, and put on the newer text by provision."""

from typing import Any

from tests.policy.editorial.conftest import TODAY, Office
from tests.policy.editorial.editors import DRAFTS


async def texts(office: Office, draft: str) -> dict[str, str]:
    body, _ = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}?content=text")
    return {part["eid"]: part["text"] for part in body["provisions"]}


async def rebased(office: Office, draft: str) -> dict[str, Any]:
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    body, _ = await office.eve.expect(200, "POST", f"{DRAFTS}/{draft}/rebase", etag=etag)
    found: dict[str, Any] = body
    return found


async def test_an_approved_draft_whose_base_is_old_is_returned_rebased_and_published(office: Office) -> None:
    draft = await office.begun()
    await office.eve.write(draft, "sec_3", "The harbour master keeps two lanterns.")
    await office.eve.do(draft, "submit")
    await office.rita.do(draft, "approve")
    await office.published("Nobody rings a bell but the verger.", TODAY)
    _, etag = await office.rita.expect(200, "GET", f"{DRAFTS}/{draft}")
    problem, _ = await office.rita.expect(409, "POST", f"{DRAFTS}/{draft}/publish", etag=etag)
    assert (problem["base"], problem["latest"]) == (f"{office.act}/en@2021-01-01", f"{office.act}/en@{TODAY}")
    await office.rita.do(draft, "return", {"note": "Rebase it."})
    done = await rebased(office, draft)
    assert (done["taken"], done["conflicts"], done["base"]["date"]) == (["sec_2"], [], TODAY.isoformat())
    found = await texts(office, draft)
    assert found["sec_2"] == "Nobody rings a bell but the verger."
    assert found["sec_3"] == "The harbour master keeps two lanterns."
    await office.eve.do(draft, "submit")
    await office.rita.do(draft, "approve")
    version = (await office.rita.do(draft, "publish"))["version"]
    assert version == {"href": f"{office.act}/en@{TODAY}", "revision": 2}


async def test_what_both_changed_waits_for_an_editor(office: Office) -> None:
    draft = await office.begun()
    await office.eve.write(draft, "sec_2", "Nobody rings a gong.")
    await office.published("Nobody rings a cymbal.", TODAY)
    assert (await rebased(office, draft))["conflicts"] == ["sec_2"]
    path = f"{DRAFTS}/{draft}/provisions/sec_2"
    body, _ = await office.eve.expect(200, "GET", path)
    assert body["provision"]["source"] == "Nobody rings a gong."
    conflict = body["provision"]["conflict"]
    assert (conflict["kind"], conflict["theirs"]["text"]) == ("both-changed", "Nobody rings a cymbal.")
    await office.eve.do(draft, "submit", status=409)
    await office.eve.write(draft, "sec_2", "Nobody rings a gong or a cymbal.")
    assert (await office.eve.do(draft, "submit"))["state"] == "submitted"


async def test_there_may_be_nothing_to_rebase_on(office: Office) -> None:
    draft = await office.begun()
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    await office.eve.expect(409, "POST", f"{DRAFTS}/{draft}/rebase", etag=etag)


async def test_a_text_before_its_base_or_equal_to_it_is_not_published(office: Office) -> None:
    draft = await office.approved()
    _, etag = await office.rita.expect(200, "GET", f"{DRAFTS}/{draft}")
    sent = {"date": "2020-06-01"}
    problem, _ = await office.rita.expect(422, "POST", f"{DRAFTS}/{draft}/publish", sent, etag=etag)
    assert problem["errors"][0]["pointer"] == "#/date"
    same = await office.begun()
    await office.eve.do(same, "submit")
    await office.rita.do(same, "approve")
    await office.rita.do(same, "publish", {"date": "2021-01-01"}, status=409)


async def test_a_correction_of_an_older_text_needs_no_later_one(office: Office) -> None:
    answer, _ = await office.eve.expect(201, "POST", DRAFTS, {"base": f"{office.act}/en@2020-01-01"})
    await office.eve.write(answer["id"], "sec_1", "Olde.")
    await office.eve.do(answer["id"], "submit")
    await office.rita.do(answer["id"], "approve")
    done = await office.rita.do(answer["id"], "publish", {"date": "2020-01-01"})
    assert done["version"] == {"href": f"{office.act}/en@2020-01-01", "revision": 2}
    current, _ = await office.nobody.expect(200, "GET", f"{office.act}/en@2021-01-01")
    assert current["current"]


async def test_a_draft_survives_the_withdrawal_of_its_base(office: Office) -> None:
    draft = await office.begun()
    await office.eve.write(draft, "sec_2", "Nobody rings a gong.")
    await office.rita.withdraw(f"{office.act}/en@2021-01-01", "Void.")
    body, _ = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}/diff")
    assert body["summary"]["added"] == 4
    assert (await texts(office, draft))["sec_3"] == "The harbour master keeps a lantern."
    done = await rebased(office, draft)
    assert done["base"]["date"] == "2020-01-01"
