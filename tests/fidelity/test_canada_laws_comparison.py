"""The comparison with the source finds what it is there to find."""

import pytest

from services.policy.imports.canada_laws import CanadaLaws
from tests.fidelity.canada_laws_check import compare, rows

SOURCE = (
    '<Statute xmlns:lims="http://justice.gc.ca/lims" lims:pit-date="2024-05-01" xml:lang="en"><Identification>'
    "<LongTitle>An Act respecting lanterns</LongTitle></Identification><Body><Section><MarginalNote>Duty</MarginalNote>"
    "<Label>1</Label><Text>Keep H<Sub>2</Sub>O away, co\u00adoperate</Text><Paragraph><Label>(a)</Label><Text>"
    "daily; and</Text></Paragraph></Section></Body></Statute>"
).encode()


def test_an_import_without_loss_compares_equal() -> None:
    assert compare(SOURCE, rows(CanadaLaws().parse("x.xml", SOURCE))) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("daily; and", "daily;"),  # a lost word
        ("<num>(a)</num>", ""),  # a lost label
        ("H<sub>2</sub>O", "H <sub>2</sub>O"),  # a word torn apart
        ("</p></intro>", "</p></intro><p>more</p>"),  # something added
        ("Keep", "keep"),
    ],
)
def test_any_change_of_the_text_is_found(right: str, wrong: str) -> None:
    stored = [(n, h, t, c.replace(right, wrong)) for n, h, t, c in rows(CanadaLaws().parse("x.xml", SOURCE))]
    assert "text differs at" in compare(SOURCE, stored)


def test_order_matters() -> None:
    stored = list(rows(CanadaLaws().parse("x.xml", SOURCE)))
    assert compare(SOURCE, stored[::-1])
