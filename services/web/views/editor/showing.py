"""A draft as its page shows it, also after a step that was refused."""

import asyncio

from aiohttp import web

from services.web.desk import Desk
from services.web.draft_answers import DraftChange, ReviewNote
from services.web.redlines import pieces_of
from services.web.render import page, today
from services.web.views.editor.addresses import EDITOR, draft_page, section_page

ASKED_FOR_A_NOTE = ("submit", "approve", "return", "publish", "withdraw")


async def show_draft(
    request: web.Request, desk: Desk, draft_id: str, wrong: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    """The page of a draft; `wrong` is what was refused, by field."""
    draft, diff = await asyncio.gather(desk.draft(draft_id), desk.diff(draft_id))
    context = {
        "draft": draft,
        "diff": diff,
        "errors": wrong or {},
        "notes": _notes_by_section(draft.notes),
        "section_page": lambda eid: section_page(draft.id, eid),
        "here": draft_page(draft.id),
        "pieces_of": pieces_of,
        "name_of": _name_of,
        "default_date": draft.date or today(),
        "with_note": ASKED_FOR_A_NOTE,
    }
    return page(request, "editor/draft", context, status=status, form=EDITOR)


def _notes_by_section(notes: tuple[ReviewNote, ...]) -> dict[str, list[ReviewNote]]:
    found: dict[str, list[ReviewNote]] = {}
    for note in notes:
        found.setdefault(note.eid, []).append(note)
    return found


def _name_of(change: DraftChange) -> str:
    part = change.to or change.from_
    if part is None:
        return ""
    return " ".join(word for word in (part.num, part.heading or part.note) if word) or part.eid
