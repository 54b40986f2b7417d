"""What the pool of connections says in the log while PostgreSQL is away."""

import logging

import pytest

import shared.db


def test_a_failure_to_connect_again_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    assert shared.db.BUDGET_MS > 0
    pool = logging.getLogger("asyncpg.pool")
    with caplog.at_level(logging.WARNING, "asyncpg.pool"):
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except ConnectionRefusedError:
            pool.warning("Failed to restore %s", "the pool", exc_info=True)
        try:
            raise KeyError("a defect")
        except KeyError:
            pool.warning("Failed otherwise", exc_info=True)
    away, defect = caplog.records
    assert away.getMessage() == "Failed to restore the pool: ConnectionRefusedError"
    assert away.exc_info is None
    assert defect.exc_info, "what is not foreseen keeps its traceback"
