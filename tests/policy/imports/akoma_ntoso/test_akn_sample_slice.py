"""One sample by-law, read end to end."""

from datetime import date
from pathlib import Path

from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ProvisionStatus, Reference, WorkIdentity, WorkStatus

SAMPLE = Path(__file__).parents[4] / "services/policy/sample"
NOISE = SAMPLE / "by-law/2016-04/en@2024-07-01.xml"


def test_a_by_law_is_read_with_its_identity_dates_and_sections() -> None:
    version = AkomaNtoso().parse("by-law/2016-04/en@2024-07-01.xml", NOISE.read_bytes())
    assert version.work == WorkIdentity("ca-port-lumen", "by-law", "2016-04", "/akn/ca-port-lumen/by-law/2016-04")
    assert (version.lang, version.date, version.title) == ("en", date(2024, 7, 1), "Noise By-law")
    assert version.long_title == "A By-law respecting noise, quiet hours and the sounds of a working harbour"
    assert version.citations == ("By-law 2016-04",)
    assert version.subjects == ("noise", "public health", "harbour")
    assert version.status is WorkStatus.IN_FORCE
    assert version.in_force_from == date(2016, 5, 1)
    assert version.last_amended == date(2024, 7, 1)
    assert [r.href for r in version.amended_by] == [
        "/akn/ca-port-lumen/by-law/2021-07",
        "/akn/ca-port-lumen/by-law/2024-11",
    ]
    by_eid = {p.eid: p for p in version.provisions}
    assert list(by_eid)[:5] == ["preface", "preamble", "part_1", "sec_1", "sec_2"]
    assert list(by_eid)[-3:] == ["conclusions", "att_1", "att_2"]
    part, definitions = by_eid["part_1"], by_eid["sec_2"]
    assert (part.kind, part.num, part.heading, part.content, part.level) == ("part", "Part 1", "Interpretation", "", 0)
    assert definitions.level == 1
    assert definitions.terms == ("construction", "harbour area", "officer", "point of reception", "quiet hours")
    assert '<hcontainer eId="hcontainer_quiet" name="definition">' in definitions.content
    repealed = by_eid["sec_7"]
    assert repealed.status is ProvisionStatus.REPEALED
    assert repealed.references == (Reference("/akn/ca-port-lumen/by-law/2024-11/~sec_3", "By-law 2024-11, section 3"),)
    assert by_eid["sec_5"].last_amended == date(2021, 4, 1)
    assert by_eid["sec_3"].last_amended is None
    assert "notes and may be seen at Town Hall" in by_eid["sec_6"].text
    schedule = by_eid["att_1"]
    assert (schedule.num, schedule.heading) == ("Schedule A", "Quiet hours, limits and fines")
    assert '<th rowspan="2"><p>Days</p></th>' in schedule.content
