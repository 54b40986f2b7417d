"""Which step is open in which state, to whom; and that the database holds it, whatever the service asks."""

import psycopg
import pytest

from shared.permissions import Role
from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import DRAFTS, Person
from tests.policy.imported import SEES_ALL

STEPS = {
    "submit": None,
    "recall": None,
    "approve": None,
    "return": {"note": "Not yet."},
    "publish": None,
    "withdraw": None,
}
STEP = "UPDATE draft SET revision = revision + 1"
STATES = ("draft", "submitted", "returned", "approved", "published", "withdrawn")
OPEN = {
    ("eve", "submit"): ("draft", "returned"),
    ("eve", "recall"): ("submitted",),
    ("eve", "withdraw"): ("draft", "returned", "submitted"),
    ("rita", "approve"): ("submitted",),
    ("rita", "return"): ("submitted", "approved"),
    ("rita", "publish"): ("approved",),
    ("adam", "approve"): ("submitted",),
    ("adam", "return"): ("submitted", "approved"),
    ("adam", "publish"): ("approved",),
}
"""Everything that may be done; all else is refused."""


async def brought_to(office: Office, state: str) -> str:
    draft = await office.approved() if state in ("approved", "published") else await office.begun()
    if state in ("submitted", "returned"):
        await office.eve.do(draft, "submit")
    if state == "returned":
        await office.rita.do(draft, "return", {"note": "Say more."})
    if state == "published":
        await office.rita.do(draft, "publish")
    if state == "withdrawn":
        await office.eve.do(draft, "withdraw")
    return draft


@pytest.mark.parametrize("state", STATES)
async def test_a_state_is_left_only_by_the_steps_that_lead_from_it(office: Office, state: str) -> None:
    draft = await brought_to(office, state)
    body, etag = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    assert body["state"] == state
    for who in ("eve", "sam", "rita", "adam", "anna", "reader", "nobody"):
        person: Person = getattr(office, who)
        for step, sent in STEPS.items():
            if state in OPEN.get((who, step), ()):
                continue
            status, answer, _ = await person.call("POST", f"{DRAFTS}/{draft}/{step}", sent, etag=etag)
            unseen = who == "sam" and step in ("submit", "recall", "withdraw")  # what editors do, with drafts they see
            refused = 404 if unseen else 401 if who == "nobody" else 403
            expected = 409 if (who, step) in OPEN else refused
            assert status == expected, (who, step, answer)
    after, same = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    assert (after["state"], same) == (state, etag)


@pytest.mark.parametrize(
    ("who", "step", "state"), [(w, s, state) for (w, s), states in OPEN.items() for state in states]
)
async def test_what_may_be_done_is_done_and_was_offered(office: Office, who: str, step: str, state: str) -> None:
    draft = await brought_to(office, state)
    person: Person = getattr(office, who)
    offered, _ = await person.expect(200, "GET", f"{DRAFTS}/{draft}")
    assert step in offered["actions"]
    after = await person.do(draft, step, STEPS[step])
    assert after["state"] == {
        "submit": "submitted", "recall": "draft", "approve": "approved", "return": "returned", "publish": "published",
        "withdraw": "withdrawn",
    }[step]  # fmt: skip


@pytest.mark.parametrize("state", ["submitted", "approved", "published", "withdrawn"])
async def test_what_was_handed_over_is_not_written_any_more(office: Office, state: str) -> None:
    draft = await brought_to(office, state)
    path = f"{DRAFTS}/{draft}"
    _, etag = await office.eve.expect(200, "GET", path)
    _, section = await office.eve.expect(200, "GET", f"{path}/provisions/sec_2")
    await office.eve.expect(409, "PATCH", path, {"title": "X"}, etag=etag)
    await office.eve.expect(
        409, "PATCH", f"{path}/provisions/sec_2", {"source": "X", "format": "markdown"}, etag=section
    )
    await office.eve.expect(409, "DELETE", f"{path}/provisions/sec_2", etag=section)
    await office.eve.expect(409, "POST", f"{path}/provisions", {"source": "X"}, etag=etag)
    await office.eve.expect(409, "POST", f"{path}/provisions/sec_2/move", {"before": "sec_1"}, etag=etag)
    if state in ("published", "withdrawn"):
        await office.rita.expect(409, "PUT", f"{path}/editors/{office.sam.account}", etag=etag)
    assert (await office.eve.expect(200, "GET", path))[1] == etag


async def test_nobody_decides_on_a_text_they_wrote_any_of(office: Office) -> None:
    draft = await office.begun()
    _, etag = await office.rita.expect(200, "GET", f"{DRAFTS}/{draft}")
    await office.rita.expect(200, "PUT", f"{DRAFTS}/{draft}/editors/{office.sam.account}", etag=etag)
    await office.sam.write(draft, "sec_2", "Sam wrote this.")
    await office.eve.write(draft, "sec_2", "And Eve wrote over it.")
    await office.eve.do(draft, "submit")
    promoted = Person(office.sam.session, office.sam.account, Role.REVIEWER)
    body, etag = await promoted.expect(200, "GET", f"{DRAFTS}/{draft}")
    assert "approve" not in body["actions"]
    for step, sent in (("approve", None), ("return", {"note": "No."})):
        problem, _ = await promoted.expect(403, "POST", f"{DRAFTS}/{draft}/{step}", sent, etag=etag)
        assert "another reviewer" in problem["detail"]
    await office.rita.do(draft, "approve")
    _, etag = await promoted.expect(200, "GET", f"{DRAFTS}/{draft}")
    await promoted.expect(403, "POST", f"{DRAFTS}/{draft}/publish", etag=etag)
    done = await office.rita.do(draft, "publish")
    await promoted.withdraw(done["version"]["href"], "I regret it.", status=403)


async def test_notes_come_back_with_the_draft(office: Office) -> None:
    draft = await office.submitted()
    sent = {"note": "Nearly.", "provisions": [{"eid": "sec_2", "text": "Which bell?"}]}
    _, etag = await office.rita.expect(200, "GET", f"{DRAFTS}/{draft}")
    wrong = {"note": "Nearly.", "provisions": [{"eid": "sec_9", "text": "Which?"}]}
    problem, _ = await office.rita.expect(422, "POST", f"{DRAFTS}/{draft}/return", wrong, etag=etag)
    assert problem["errors"][0]["pointer"] == "#/provisions/0/eid"
    await office.rita.do(draft, "return", sent)
    body, _ = await office.eve.expect(200, "GET", f"{DRAFTS}/{draft}")
    assert [(note["eid"], note["text"], note["by"]) for note in body["notes"]] == [
        ("", "Nearly.", office.rita.account), ("sec_2", "Which bell?", office.rita.account),
    ]  # fmt: skip
    await office.eve.write(draft, "sec_2", "Nobody rings the great bell.")
    assert (await office.eve.do(draft, "submit"))["state"] == "submitted"


async def test_an_empty_draft_is_not_submitted(office: Office) -> None:
    sent = {"jurisdiction": "xx", "kind": "by-law", "number": "2030-3", "lang": "en", "title": "Nothing"}
    answer, etag = await office.eve.expect(201, "POST", DRAFTS, sent)
    problem, _ = await office.eve.expect(422, "POST", f"{DRAFTS}/{answer['id']}/submit", etag=etag)
    assert problem["errors"][0]["pointer"] == "#/provisions"


@pytest.mark.parametrize(
    ("statement", "condition"),
    [
        (f"{STEP}, state = 'published', action = 'publish', published_version = -1 WHERE id = %(id)s", "OP001"),
        (f"{STEP}, state = 'approved', action = 'return', acted_by = 'X' WHERE id = %(id)s", "OP001"),
        (f"{STEP}, state = 'draft', action = 'recall' WHERE id = %(id)s", "OP005"),
        (f"{STEP}, title = 'X', action = 'describe' WHERE id = %(id)s", "OP003"),
        ("UPDATE draft SET changed_at = now() WHERE id = %(id)s", "OP001"),
        (f"{STEP}, state = 'approved', action = 'approve', acted_by = owner WHERE id = %(id)s", "OP002"),
        ("UPDATE draft_provision SET text = 'X' WHERE draft_id = %(id)s", "OP003"),
        ("DELETE FROM draft_provision WHERE draft_id = %(id)s", "OP003"),
        ("DELETE FROM draft WHERE id = %(id)s", "42501"),
        ("DELETE FROM draft_author WHERE draft_id = %(id)s", "42501"),
        ("UPDATE editorial_event SET account = 'X' WHERE draft_id = %(id)s", "42501"),
        ("DELETE FROM editorial_event WHERE draft_id = %(id)s", "42501"),
        ("TRUNCATE editorial_event", "42501"),
        ("INSERT INTO draft_transition VALUES ('cheat', 'submitted', 'published', false)", "42501"),
    ],
)
async def test_the_database_itself_refuses(office: Office, statement: str, condition: str) -> None:
    draft = await office.submitted()
    with (
        psycopg.connect(office.url, autocommit=True, options=SEES_ALL) as connection,
        pytest.raises(psycopg.Error) as refused,
    ):
        connection.execute(statement.encode(), {"id": draft})
    assert refused.value.sqlstate == condition
