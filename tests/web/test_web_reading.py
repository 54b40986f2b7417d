"""How a document is laid out: contents, and how its text stands on a day."""

from datetime import date

import pytest

from services.web.answers import Provision, Version, VersionLink, VersionWork
from services.web.reading import Entry, contents_of, standing_of

WORK = VersionWork(jurisdiction="ca", kind="act", number="A-1", href="/api/v1/policies/ca/act/A-1")


def _provision(eid: str, level: int, *, num: str = "1", status: str = "in-force") -> Provision:
    return Provision(eid=eid, kind="section", level=level, num=num, status=status)


def _shape(entries: list[Entry]) -> list[object]:
    return [
        [entry.provision.eid, *_shape(entry.children)] if entry.children else entry.provision.eid for entry in entries
    ]


@pytest.mark.parametrize(
    ("levels", "shape"),
    [
        ([("a", 0), ("b", 1), ("c", 1), ("d", 0)], [["a", "b", "c"], "d"]),
        ([("a", 0), ("b", 3), ("c", 2), ("d", 3)], [["a", "b", ["c", "d"]]]),
        ([("a", 2), ("b", 0)], ["a", "b"]),
    ],
)
def test_contents_nest_by_level(levels: list[tuple[str, int]], shape: list[object]) -> None:
    assert _shape(contents_of([_provision(eid, level) for eid, level in levels])) == shape


def test_what_has_no_name_has_no_line() -> None:
    assert _shape(contents_of([_provision("preamble", 0, num=""), _provision("sec_1", 0)])) == ["sec_1"]


def _version(day: date, *, current: bool, status: str = "in-force", provisions: tuple[Provision, ...] = ()) -> Version:
    return Version(
        work=WORK, lang="en", date=day, title="An Act", status=status, current=current, provisions=provisions
    )


HELD = [
    VersionLink(lang="en", date=day, status="in-force", href="")
    for day in (date(2030, 1, 1), date(2024, 7, 1), date(2016, 5, 1))
]
TODAY = date(2026, 1, 1)


def test_an_old_text_stood_until_the_day_before_the_next() -> None:
    found = standing_of(_version(date(2016, 5, 1), current=False), HELD, TODAY)
    assert (found.state, found.until, found.place, found.versions) == ("old", date(2024, 6, 30), 1, 3)


def test_the_current_text_may_have_an_end_in_sight() -> None:
    found = standing_of(_version(date(2024, 7, 1), current=True), HELD, TODAY)
    assert (found.state, found.until) == ("current", date(2029, 12, 31))


def test_a_text_of_a_later_day_is_not_in_force_yet() -> None:
    assert standing_of(_version(date(2030, 1, 1), current=True), HELD, TODAY).state == "future"


@pytest.mark.parametrize("status", ["repealed", "not-in-force", "proposed"])
def test_the_works_own_standing_is_said(status: str) -> None:
    assert standing_of(_version(date(2024, 7, 1), current=True, status=status), HELD, TODAY).state == status


def test_provisions_that_are_not_in_force_are_counted() -> None:
    provisions = (_provision("a", 0), _provision("b", 0, status="not-in-force"), _provision("c", 0, status="repealed"))
    found = standing_of(_version(date(2024, 7, 1), current=True, provisions=provisions), HELD, TODAY)
    assert found.not_in_force == 1
