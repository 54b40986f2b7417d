"""The program that compares what imports left says "same" of the same, and of what differs which it is."""

from pathlib import Path

import pytest

from tests.conftest import Databases
from tests.fidelity.same_state import compare, state
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes


async def test_two_databases_are_compared(
    databases: Databases, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = {"a": note("A-1", texts=["One word."]), "b": note("B-2", texts=["Two words."])}
    states = []
    for name, notes in (
        ("one", [held]),
        ("two", [{"b": held["b"]}, {"a": held["a"]}]),
        ("three", [held | {"b": note("B-2", texts=["Two other words."])}]),
    ):
        database = databases.create()
        for number, some in enumerate(notes):
            await import_notes(database.policy_url, write_notes(tmp_path / f"{name}-{number}", some))
        states.append(state(database.policy_url))
        databases.drop(database)
    one, two, three = states
    assert compare({"one": one, "two": two}) == 0
    assert "the same state" in capsys.readouterr().out
    assert compare({"one": one, "three": three}) == 1
    said = capsys.readouterr().out
    assert "DIFFERS in versions: 1 of them: /akn/xx/act/B-2" in said
    assert "NOT the same state" in said
