"""Every step is on record, with who took it and what it wrote, and the record is never rewritten."""

import re
from typing import Any

import psycopg
import pytest

from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import DRAFTS
from tests.policy.imported import SEES_ALL


async def test_every_step_of_a_draft_is_on_record(office: Office) -> None:
    draft = await office.begun()
    path = f"{DRAFTS}/{draft}"
    eve, sam, rita = office.eve, office.sam, office.rita
    _, etag = await eve.expect(200, "GET", path)
    _, etag = await eve.expect(200, "PUT", f"{path}/editors/{sam.account}", etag=etag)
    await sam.write(draft, "sec_2", "Nobody rings.")
    _, etag = await eve.expect(200, "GET", path)
    body, _ = await eve.expect(201, "POST", f"{path}/provisions", {"num": "4", "source": "New."}, etag=etag)
    body, _ = await eve.expect(
        200, "POST", f"{path}/provisions/sec_4/move", {"before": "sec_1"}, etag=body["draft"]["etag"]
    )
    _, etag = await eve.expect(200, "DELETE", f"{path}/provisions/sec_4", etag=body["provision"]["etag"])
    _, etag = await eve.expect(200, "PATCH", path, {"title": "Harbour Act"}, etag=etag)
    _, etag = await eve.expect(200, "DELETE", f"{path}/editors/{sam.account}", etag=etag)
    for person, step, sent in (
        (eve, "submit", {"note": "Please."}), (eve, "recall", None), (eve, "submit", None),
        (rita, "return", {"note": "No."}), (eve, "submit", None), (rita, "approve", None), (rita, "publish", None),
    ):  # fmt: skip
        last = await person.do(draft, step, sent)
    await office.adam.withdraw(last["version"]["href"], "Oh.")

    events: list[dict[str, Any]] = []
    step_to: str | None = f"{path}/events?limit=4"
    while step_to:
        page, _ = await rita.expect(200, "GET", step_to)
        events += page["items"]
        step_to = page["page"]["next"]
    assert [(event["action"], event["by"], event["from"], event["to"]) for event in events] == [
        ("create", eve.account, "draft", "draft"),
        ("assign", eve.account, "draft", "draft"),
        ("write", sam.account, "draft", "draft"),
        ("insert", eve.account, "draft", "draft"),
        ("move", eve.account, "draft", "draft"),
        ("remove", eve.account, "draft", "draft"),
        ("describe", eve.account, "draft", "draft"),
        ("unassign", eve.account, "draft", "draft"),
        ("submit", eve.account, "draft", "submitted"),
        ("recall", eve.account, "submitted", "draft"),
        ("submit", eve.account, "draft", "submitted"),
        ("return", rita.account, "submitted", "returned"),
        ("submit", eve.account, "returned", "submitted"),
        ("approve", rita.account, "submitted", "approved"),
        ("publish", rita.account, "approved", "published"),
        ("withdraw-version", office.adam.account, "published", "withdrawn"),
    ]
    assert [event["revision"] for event in events] == list(range(1, 17))
    assert all(re.fullmatch(r"[\w-]{8,64}", event["request_id"]) for event in events)
    steps = {event["action"]: event for event in events}
    assert steps["submit"]["after"] == steps["approve"]["after"] == steps["publish"]["after"]
    assert steps["write"]["before"] != steps["write"]["after"]
    assert steps["insert"]["before"] is None
    assert steps["remove"]["after"] is None
    assert steps["write"]["eid"] == "sec_2"


async def test_what_was_refused_is_no_step(office: Office) -> None:
    draft = await office.submitted()
    before, _ = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}/events")
    _, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    await office.eve.expect(403, "POST", f"{DRAFTS}/{draft}/approve", etag=etag)
    await office.eve.expect(409, "PATCH", f"{DRAFTS}/{draft}", {"title": "X"}, etag=etag)
    await office.rita.expect(412, "POST", f"{DRAFTS}/{draft}/approve", etag='"x"')
    after, _ = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}/events")
    assert before == after


async def test_a_withdrawal_of_an_imported_text_is_on_record_too(office: Office) -> None:
    address = f"{office.act}/en@2020-01-01"
    await office.rita.withdraw(address, "Never enacted.")
    found = office.rows("SELECT account, action, detail FROM editorial_event WHERE draft_id IS NULL AND account = %s",
                        office.rita.account)  # fmt: skip
    assert found == [(office.rita.account, "withdraw-version", f"{address}: Never enacted.")]


async def test_nothing_but_accounts_is_known_of_people(office: Office) -> None:
    draft = await office.submitted()
    row = office.rows("SELECT owner, acted_by FROM draft WHERE id = %s", draft)[0]
    assert row == (office.eve.account, office.eve.account)
    columns = office.rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'policy'"
        " AND (table_name LIKE 'draft%%' OR table_name = 'editorial_event')"
    )
    assert not [column for column in columns if re.search(r"mail|person|display|ip$|agent", column[1])]


async def test_a_step_that_nobody_wrote_down_is_not_committed(office: Office) -> None:
    draft = await office.begun()
    with psycopg.connect(office.url, options=SEES_ALL) as connection:
        connection.execute(
            "UPDATE draft SET revision = revision + 1, title = 'X', action = 'describe' WHERE id = %s", (draft,)
        )
        with pytest.raises(psycopg.Error) as refused:
            connection.commit()
    assert refused.value.sqlstate == "OP005"
