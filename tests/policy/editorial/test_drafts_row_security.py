"""Row level security stands behind the service: SQL in its own role, in the name of somebody else, reaches nothing.

So a check that is missing in the code opens nothing. What is published is not held by it, and not slowed down.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from shared.permissions import Role, permissions_of
from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import Person

HELD = (
    "draft", "draft_provision", "draft_editor", "draft_author", "draft_note", "draft_request", "editorial_event",
    "import_run", "import_failure", "import_event", "import_upload", "import_upload_piece",
)  # fmt: skip
READ = ("draft", "draft_provision", "draft_author", "editorial_event")
_SAY = """SELECT set_config('openpolicy.account', %s, true), set_config('openpolicy.permissions', %s, true),
                 set_config('openpolicy.areas', %s, true)"""


@contextlib.contextmanager
def acting(office: Office, person: Person, areas: str = "*") -> Iterator[psycopg.Connection[Any]]:
    """The service's own role, told as the service tells it who acts; taken back at the end."""
    with psycopg.connect(office.url) as connection:
        connection.execute(_SAY, (person.account, " ".join(permissions_of(person.role)), areas))
        yield connection
        connection.rollback()


def seen(connection: psycopg.Connection[Any], table: str, draft: str) -> int:
    """How many rows of a draft are shown."""
    column = b"id" if table == "draft" else b"draft_id"
    row = connection.execute(b"SELECT count(*) FROM %s WHERE %s = %%s" % (table.encode(), column), (draft,)).fetchone()
    return int(row[0]) if row else 0


async def test_only_whose_draft_it_is_and_who_reviews_there_see_it(office: Office) -> None:
    draft = await office.submitted()
    cases = (
        (office.eve, "*", True), (office.eve, "aa xx", True), (office.eve, "yy", False), (office.eve, "", False),
        (office.sam, "*", False), (office.rita, "xx", True), (office.rita, "yy", False), (office.anna, "*", True),
        (office.reader, "*", False), (Person(office.eve.session, office.eve.account, Role.READER), "*", False),
    )  # fmt: skip
    for person, areas, shown in cases:
        with acting(office, person, areas) as connection:
            for table in READ:
                assert (seen(connection, table, draft) > 0) is shown, (table, person.role, areas)
    with psycopg.connect(office.url) as connection:  # nobody was named
        assert [seen(connection, table, draft) for table in READ] == [0] * len(READ)


@pytest.mark.parametrize(
    ("who", "areas", "statement"),
    [
        ("sam", "*", "UPDATE draft SET revision = revision + 1, title = 'X', acted_by = %(me)s, action = 'describe'"),
        ("eve", "yy", "UPDATE draft SET revision = revision + 1, title = 'X', acted_by = %(me)s, action = 'describe'"),
        ("anna", "*", "UPDATE draft SET revision = revision + 1, title = 'X', acted_by = %(me)s, action = 'describe'"),
        ("sam", "*", "UPDATE draft_provision SET text = 'X'"),
        ("rita", "*", "UPDATE draft_provision SET text = 'X'"),
        ("eve", "yy", "DELETE FROM draft_provision"),
        ("sam", "*", "DELETE FROM draft_editor"),
    ],
)
async def test_what_is_not_shown_is_not_changed(office: Office, who: str, areas: str, statement: str) -> None:
    draft = await office.begun()
    person: Person = getattr(office, who)
    column = "id" if "UPDATE draft SET" in statement else "draft_id"
    with acting(office, person, areas) as connection:
        done = connection.execute(f"{statement} WHERE {column} = %(id)s".encode(), {"id": draft, "me": person.account})
        assert done.rowcount == 0


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("sam", "INSERT INTO draft_editor VALUES (%(id)s, %(me)s)"),
        ("sam", "INSERT INTO editorial_event (draft_id, revision, account, request_id, action)"
                " VALUES (%(id)s, 99, %(me)s, '', 'write')"),
        ("eve", "INSERT INTO editorial_event (draft_id, revision, account, request_id, action)"
                " VALUES (%(id)s, 99, 'somebody else', '', 'write')"),
        ("eve", "INSERT INTO draft_note (draft_id, revision, seq, text, account) VALUES (%(id)s, 1, 1, 'X', %(me)s)"),
        ("eve", "UPDATE draft SET revision = revision + 1, acted_by = 'somebody else', action = 'describe'"
                " WHERE id = %(id)s"),
        ("eve", "UPDATE draft SET revision = revision + 1, acted_by = %(me)s, jurisdiction = 'yy', action = 'describe'"
                " WHERE id = %(id)s"),
        ("sam", "INSERT INTO draft (owner, acted_by, jurisdiction, kind, number, lang, title)"
                " VALUES (%(me)s, %(me)s, 'yy', 'act', '1', 'en', 'X')"),
        ("eve", "INSERT INTO draft (owner, acted_by, jurisdiction, kind, number, lang, title)"
                " VALUES ('somebody else', %(me)s, 'xx', 'act', '1', 'en', 'X')"),
        ("reader", "INSERT INTO draft (owner, acted_by, jurisdiction, kind, number, lang, title)"
                   " VALUES (%(me)s, %(me)s, 'xx', 'act', '1', 'en', 'X')"),
        ("eve", "INSERT INTO import_run (importer, source, origin, account, state, areas)"
                " VALUES ('markdown', 'x.md', 'upload', %(me)s, 'queued', '*')"),
        ("eve", "INSERT INTO import_run (importer, source, origin, account, state, areas)"
                " VALUES ('markdown', 'x.md', 'upload', 'somebody else', 'queued', 'xx')"),
        ("rita", "INSERT INTO import_failure VALUES (1, 'x', 0, 'X')"),
    ],
)  # fmt: skip
async def test_nothing_is_written_in_anothers_name_or_place(office: Office, who: str, statement: str) -> None:
    draft = await office.begun()
    person: Person = getattr(office, who)
    with acting(office, person, "xx") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
        connection.execute(statement.encode(), {"id": draft, "me": person.account})
    assert "row-level security" in str(refused.value)


async def test_answers_kept_for_repeated_requests_are_ones_own(office: Office) -> None:
    await office.eve.expect(201, "POST", "/api/v1/drafts", {"base": f"{office.act}/en@2021-01-01"}, key="mine")
    for person, shown in ((office.eve, 1), (office.sam, 0), (office.rita, 0)):
        with acting(office, person) as connection:
            found = connection.execute(
                "SELECT count(*) FROM draft_request WHERE account = %s", (office.eve.account,)
            ).fetchone()
            assert found == (shown,), person.role


async def test_it_holds_drafts_reviews_and_imports_also_for_their_owner_and_nothing_that_is_published(
    office: Office,
) -> None:
    query = (
        "SELECT relname, relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'policy'::regnamespace AND relrowsecurity"
    )
    assert dict(office.rows(query)) == dict.fromkeys(HELD, True)
