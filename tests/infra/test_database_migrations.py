"""How migrations may be written, as infra/db/README.md promises, and what happens to one that fails."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from infra.db import migrations
from infra.db.addresses import DatabaseUrls
from infra.db.migrations import MigrationFailed, apply_migrations

ODD_BUT_FINE = """-- A trigger, a loop, a percent sign, and a query that gives rows.
-- depends:
CREATE TABLE odd (id int, note text DEFAULT 'semi;colon');
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    n int;
BEGIN
    IF NEW.note LIKE '%;%' THEN
        FOR n IN 1..2 LOOP NEW.id := NEW.id + n; END LOOP;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER count_up BEFORE INSERT ON odd FOR EACH ROW EXECUTE FUNCTION count_up();
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT n * 2; END;
DO $do$ BEGIN PERFORM twice(1); END $do$;
INSERT INTO odd (id) VALUES (1);
SELECT twice(id) FROM odd;
CREATE INDEX odd_words ON odd USING gin (note gin_trgm_ops);
"""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a test writes the migrations of the policy service."""
    folder = tmp_path / "policy" / "migrations"
    folder.mkdir(parents=True)
    monkeypatch.setattr(migrations, "SERVICES_FOLDER", tmp_path)
    return folder


def test_bodies_and_percent_signs_survive_and_nothing_is_printed(
    clean_database: DatabaseUrls, written: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (written / "9001.odd.sql").write_text(ODD_BUT_FINE)
    assert apply_migrations(clean_database.owner_url, "policy") == ["policy/9001.odd"]
    assert apply_migrations(clean_database.owner_url, "policy") == []
    with psycopg.connect(clean_database.policy_url) as connection:
        assert connection.execute("SELECT id, note, twice(id) FROM odd").fetchall() == [(4, "semi;colon", 8)]
    assert capfd.readouterr().out == ""


def test_a_failed_migration_is_named_and_leaves_nothing(clean_database: DatabaseUrls, written: Path) -> None:
    (written / "9002.broken.sql").write_text("-- Broken.\nCREATE TABLE half (id int);\nCREATE TABEL other (id int);\n")
    with pytest.raises(MigrationFailed, match=r'9002\.broken\.sql: syntax error at or near "TABEL"'):
        apply_migrations(clean_database.owner_url, "policy")
    with psycopg.connect(clean_database.owner_url) as connection:
        assert connection.execute("SELECT to_regclass('policy.half')").fetchone() == (None,)
    (written / "9002.broken.sql").write_text("-- Mended.\nCREATE TABLE half (id int);\n")
    assert apply_migrations(clean_database.owner_url, "policy") == ["policy/9002.broken"]


def test_a_lock_that_a_killed_run_left_is_no_obstacle(clean_database: DatabaseUrls, written: Path) -> None:
    with psycopg.connect(clean_database.owner_url, autocommit=True) as connection:
        connection.execute("INSERT INTO policy.yoyo_lock (locked, ctime, pid) VALUES (1, now(), 12345)")
    (written / "9004.simple.sql").write_text("-- Simple.\nCREATE TABLE simple (id int);\n")
    assert apply_migrations(clean_database.owner_url, "policy") == ["policy/9004.simple"]


def test_a_run_that_ends_before_the_ledger_is_written_leaves_nothing(
    clean_database: DatabaseUrls, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (written / "9005.late.sql").write_text("-- Late.\nCREATE TABLE late (id int);\n")
    with monkeypatch.context() as patch:
        patch.setattr(migrations._Backend, "mark_one", killed)
        with pytest.raises(KeyboardInterrupt):
            apply_migrations(clean_database.owner_url, "policy")
    assert apply_migrations(clean_database.owner_url, "policy") == ["policy/9005.late"]
