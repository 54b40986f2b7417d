"""Releases imported in any order leave the same: orders of four releases with everything that could depend on it."""

from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Databases
from tests.policy.import_orders import Published, State, state_after
from tests.policy.notes import Notes, note, write_notes

FIRST, MENDED, AGAIN = ["One.", "Two."], ["One.", "Two, mended."], ["One."]
AMENDED = ["One.", {"text": "Two, mended.", "terms": ["two"], "source_id": "f2"}, "Three."]
RELEASES: dict[str, dict[str, dict[str, Any]]] = {
    "2020-05-05": {
        "en/C-1": note("C-1", texts=FIRST, aliases=["OLD", "SAME"]),
        "en/G-1": note("G-1", texts=["To be taken out."]),
        "en/B-1": note("B-1", texts=["To come back."]),
        "fr/C-1": note("C-1", lang="fr", texts=["Un."], title="Note en français"),
    },
    "2021-05-05": {
        "en/C-1": note("C-1", texts=MENDED, aliases=["OLD"]),
        "removed/en/B-1": note("B-1", texts=["To come back."]),
        "en/other/A-1": note("A-1", texts=["Another one known as the same."], aliases=["SAME"]),
    },
    "2022-05-05": {
        "en/C-1": note("C-1", texts=FIRST, aliases=["OLDER"]),
        "en/C-1 since 2022": note("C-1", day="2022-01-01", texts=AMENDED, title="Note C"),
        "removed/en/G-1": note("G-1", texts=["To be taken out."]),
        "en/B-1": note("B-1", texts=["To come back."]),
    },
    "2023-05-05": {
        "en/moved/C-1": note("C-1", day="2022-01-01", texts=AMENDED, title="Note C"),
        "en/C-1": note("C-1", day="2021-07-01", texts=AGAIN, status="repealed"),
    },
}
ORDERS = list(permutations(RELEASES))[2::3]
"""Each release comes first, and last, in two of these."""
NAMES = {"2020-05-05": {"en": "First name", "fr": "Premier nom"}, "2022-05-05": {"en": "Last name"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The releases as folders."""
    made = tmp_path_factory.mktemp("releases")
    for release, notes in RELEASES.items():
        write_notes(made / release, notes)
    return made


async def _state(databases: Databases, folder: Path, order: tuple[str, ...]) -> State:
    published = (Published(folder / r, date.fromisoformat(r), {"xx": NAMES.get(r, {})}) for r in order)
    return await state_after(databases, Notes(), tuple(published))


@pytest.fixture(scope="module")
async def expected(databases: Databases, folder: Path) -> State:
    """What the order in which the releases were published leaves."""
    return await _state(databases, folder, tuple(RELEASES))


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ",".join(r[:4] for r in order))
async def test_any_order_leaves_the_same(
    databases: Databases, folder: Path, order: tuple[str, ...], expected: State
) -> None:
    assert await _state(databases, folder, order) == expected


def test_what_the_releases_say_is_what_is_held(expected: State) -> None:
    jurisdictions, _, aliases, versions, *_ = expected
    assert jurisdictions == [("xx", {"en": "Last name", "fr": "Premier nom"}, {"en": "2022-05-05", "fr": "2020-05-05"})]
    assert [alias for alias in aliases if alias[0].endswith("SAME")] == [("/akn/xx/act/SAME", "/akn/xx/act/A-1")]
    shown = [
        (uri.removeprefix("/akn/xx/act/"), lang, str(day), revision, start, end, str(published), status, str(out))
        for uri, lang, day, revision, start, end, published, _, status, _, out, *_ in versions
    ]
    assert shown == [
        ("A-1", "en", "2020-01-01", 1, "-infinity", "infinity", "2021-05-05", "in-force", "None"),
        ("B-1", "en", "2020-01-01", 1, "-infinity", "infinity", "2020-05-05", "in-force", "None"),
        # The mended text of 2021 was taken back in 2022, so the one of 2020 is the text to show.
        ("C-1", "en", "2020-01-01", 1, "infinity", "infinity", "2021-05-05", "in-force", "None"),
        ("C-1", "en", "2020-01-01", 2, "-infinity", "2021-07-01", "2020-05-05", "in-force", "None"),
        ("C-1", "en", "2021-07-01", 1, "2021-07-01", "2022-01-01", "2023-05-05", "repealed", "None"),
        ("C-1", "en", "2022-01-01", 1, "2022-01-01", "infinity", "2022-05-05", "in-force", "None"),
        ("C-1", "fr", "2020-01-01", 1, "-infinity", "infinity", "2020-05-05", "in-force", "None"),
        ("G-1", "en", "2020-01-01", 1, "-infinity", "infinity", "2020-05-05", "not-in-force", "2022-05-05"),
    ]
