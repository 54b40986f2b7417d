"""What was held before there was a log of changes is in the log once there is one."""

from pathlib import Path

import psycopg

from infra.db.addresses import DatabaseUrls
from tests.policy.exports.export_reader import read_changes, read_snapshot
from tests.policy.imported import rows
from tests.policy.policy_service import serving

MIGRATIONS = Path(__file__).parents[3] / "services" / "policy" / "migrations"
BEFORE = """
DROP TABLE bulk_part, change, change_provision;
DROP FUNCTION change_log, change_rewritten, change_text, change_texts CASCADE;
ALTER TABLE version DROP COLUMN rewritten;
"""


async def test_the_migration_tells_of_what_is_held(law: str, clean_database: DatabaseUrls) -> None:
    with psycopg.connect(clean_database.owner_url) as owner:
        owner.execute("SET search_path = policy, extensions")
        for script in (BEFORE, *((MIGRATIONS / name).read_text() for name in ("0022.changes.sql", "0023.bulk.sql"))):
            owner.execute(script.encode())
    async with serving(law) as policy:
        events = await read_changes(policy, "/api/v1/changes?limit=2")
        assert [item["seq"] for item in events] == [1, 2, 3, 4, 5]
        assert {item["event"] for item in events} == {"version-published"}
        assert [item["at"] for item in events] == sorted(item["at"] for item in events)
        assert rows(law, "DELETE FROM version WHERE lang = 'fr' RETURNING lang") == [("fr",)]
        assert [item["event"] for item in await read_changes(policy, "/api/v1/changes?after=5")] == [
            "version-withdrawn"
        ]
        assert len((await read_snapshot(policy))[1]) == 4
