"""Steps from one state to another: submit, recall, approve, return, withdraw. The database has the last word."""

from services.policy.acting import transaction_of
from services.policy.documents.domain import VersionNotFound
from services.policy.documents.withdrawal import Withdrawn, withdraw_version
from services.policy.editorial import repo
from services.policy.editorial.base import named_version
from services.policy.editorial.bodies import Return, Withdrawal
from services.policy.editorial.domain import Actor, Draft, DraftNotFound, OtherArea, State, StepRefused, outline_hash
from services.policy.editorial.preconditions import Expected
from services.policy.editorial.record import Entry, record_withdrawal
from services.policy.editorial.steps import Need, Step, persistently, refusals, step
from services.policy.editorial.writing import refused
from services.policy.search.indexer import index_texts
from shared.db import Connection, Database
from shared.errors import FieldError, Forbidden


async def submit(database: Database, actor: Actor, draft_id: str, known: Expected, note: str) -> Draft:
    """Hand a draft to the reviewers; raises StepRefused, or Unprocessable while it has no text."""
    return await _move(database, actor, draft_id, known, "submit", State.SUBMITTED, note)


async def recall(database: Database, actor: Actor, draft_id: str, known: Expected, note: str) -> Draft:
    """Take a submitted draft back to write on."""
    return await _move(database, actor, draft_id, known, "recall", State.DRAFT, note)


async def approve(database: Database, actor: Actor, draft_id: str, known: Expected, note: str) -> Draft:
    """Find it good; raises OwnWork for one of its authors."""
    return await _move(database, actor, draft_id, known, "approve", State.APPROVED, note)


async def withdraw(database: Database, actor: Actor, draft_id: str, known: Expected, note: str) -> Draft:
    """Give up a draft that was not published."""
    return await _move(database, actor, draft_id, known, "withdraw", State.WITHDRAWN, note)


async def send_back(database: Database, actor: Actor, draft_id: str, known: Expected, body: Return) -> Draft:
    """Return it to its editors with notes on the whole and on provisions."""
    async with step(database, actor, draft_id, "review", known) as opened:
        held = {eid for eid, _, _ in await repo.outline(opened.connection, draft_id)}
        wrong = [
            FieldError(f"{note.eid}: is no provision of this draft", f"#/provisions/{at}/eid")
            for at, note in enumerate(body.provisions)
            if note.eid not in held
        ]
        if wrong:
            raise refused(wrong)
        digest = outline_hash(opened.draft.about, await repo.provisions_touched(opened.connection, draft_id))
        revision = await opened.take(Entry("return", before=digest, after=digest, detail=body.note), State.RETURNED)
        said = [("", body.note), *((note.eid, note.text) for note in body.provisions)]
        await repo.add_notes(opened.connection, draft_id, revision, actor.account, said)
        return await _draft(opened.connection, draft_id)


async def withdraw_published(database: Database, actor: Actor, body: Withdrawal) -> Withdrawn:
    """Take back a published version, whoever brought it, and let search forget it in the same transaction."""
    if not actor.may_review:
        raise Forbidden("This needs the permission drafts:review.")
    return await persistently(lambda: _withdraw_published(database, actor, body))


async def _withdraw_published(database: Database, actor: Actor, body: Withdrawal) -> Withdrawn:
    with refusals():
        async with transaction_of(database, actor) as connection:
            version = await named_version(connection, body.address, "#/address")
            if not actor.works_in(version.about.jurisdiction):
                raise OtherArea(f"You work in other jurisdictions than {version.about.jurisdiction}.")
            if version.content_hash.hex() != body.content_hash:
                raise StepRefused("Another text than the one you mean is at this address now.")
            draft_id = await repo.draft_of_version(connection, version.id)
            draft = None if draft_id is None else await repo.draft(connection, draft_id, lock=True)
            work_id = await repo.lock_work(connection, version.about.key, version.about.lang)
            try:
                gone = await withdraw_version(connection, version.id, body.reason, actor.account)
            except VersionNotFound:
                raise refused([FieldError("was withdrawn by somebody else just now", "#/address")]) from None
            if draft is None:
                await record_withdrawal(
                    connection, actor, version.id, gone.content_hash, f"{body.address}: {body.reason}"
                )
            else:
                entry = Entry("withdraw-version", before=gone.content_hash, detail=body.reason, version_id=version.id)
                await Step(connection, actor, draft).take(entry, State.WITHDRAWN)
            if work_id is not None:
                await index_texts(connection, [(work_id, gone.lang)])
            return gone


async def _move(
    database: Database, actor: Actor, draft_id: str, known: Expected, action: str, state: State, note: str
) -> Draft:
    need: Need = "review" if action == "approve" else "write"
    async with step(database, actor, draft_id, need, known) as opened:
        rows = await repo.provisions_touched(opened.connection, draft_id)
        if action == "submit" and not rows:
            raise refused([FieldError("the draft has no provision", "#/provisions")])
        digest = outline_hash(opened.draft.about, rows)
        await opened.take(Entry(action, before=digest, after=digest, detail=note), state)
        return await _draft(opened.connection, draft_id)


async def _draft(connection: Connection, draft_id: str) -> Draft:
    found = await repo.draft(connection, draft_id)
    if found is None:
        raise DraftNotFound("No draft is at this address.")
    return found
