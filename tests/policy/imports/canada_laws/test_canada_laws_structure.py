"""A Justice Laws document becomes provisions: outline, ids, fields, standing."""

from datetime import date

from services.policy.imports.canada_laws import CanadaLaws
from services.policy.imports.model import ParsedProvision, ParsedVersion, ProvisionStatus, Reference, WorkStatus

LIMS = 'xmlns:lims="http://justice.gc.ca/lims"'


def act(inner: str, *, lang: str = "en", path: str = "eng/acts/X-1.xml", attributes: str = "") -> ParsedVersion:
    data = (
        f'<?xml version="1.0" encoding="utf-8"?><Statute {LIMS} lims:pit-date="2024-05-01" lims:fid="1" '
        f'lims:lastAmendedDate="2024-05-01" lims:inforce-start-date="2000-01-02" xml:lang="{lang}" {attributes}>'
        "<Identification><LongTitle>An Act respecting lanterns</LongTitle>"
        '<ShortTitle status="official">Lantern Act</ShortTitle>'
        '<BillHistory><Stages stage="consolidation"><Date><YYYY>2024</YYYY><MM>6</MM><DD>3</DD></Date></Stages>'
        '<Stages stage="assented-to"><Date><YYYY>2000</YYYY><MM>1</MM><DD>2</DD></Date></Stages></BillHistory>'
        '<Chapter><ConsolidatedNumber official="no">X-1</ConsolidatedNumber><AnnualStatuteId>'
        "<AnnualStatuteNumber>11</AnnualStatuteNumber><YYYY>2000</YYYY></AnnualStatuteId></Chapter></Identification>"
        f"{inner}</Statute>"
    )
    return CanadaLaws().parse(path, b"\xef\xbb\xbf" + data.encode())


def by_eid(version: ParsedVersion) -> dict[str, ParsedProvision]:
    return {p.eid: p for p in version.provisions}


def test_the_work_is_identified_cited_and_dated() -> None:
    version = act("<Body/>")
    assert (version.work.frbr_uri, version.lang, version.date) == ("/akn/ca/act/X-1", "en", date(2024, 5, 1))
    assert (version.title, version.long_title) == ("Lantern Act", "An Act respecting lanterns")
    assert version.citations == ("S.C. 2000, c. 11",)
    assert (str(version.in_force_from), str(version.last_amended)) == ("2000-01-02", "2024-05-01")
    assert version.status is WorkStatus.IN_FORCE


def test_the_preface_holds_what_identifies_and_consolidation_stands_apart() -> None:
    found = by_eid(act("<Body/>"))
    assert found["preface"].text == "An Act respecting lanterns Lantern Act 2000-01-02 X-1 11 2000"
    assert found["consolidation"].text == "2024-06-03"


def test_the_outline_follows_heading_levels() -> None:
    version = act(
        '<Body><Heading level="1"><Label>PART 1</Label><TitleText>Lamps</TitleText></Heading>'
        '<Heading level="2"><TitleText>Oil</TitleText></Heading><Section><Label>1</Label><Text>a</Text></Section>'
        '<Heading level="2"><Label>DIVISION 2</Label><TitleText>Gas</TitleText></Heading>'
        "<Section><Label>2.1</Label><Text>b</Text></Section>"
        '<Heading level="1"><Label>PART II</Label><TitleText>Wicks</TitleText></Heading>'
        "<Section><Label>3</Label><Text>c</Text></Section></Body>"
    )
    assert [(p.level, p.kind, p.eid, p.num, p.heading) for p in version.provisions[2:]] == [
        (0, "part", "part_1", "PART 1", "Lamps"),
        (1, "hcontainer", "part_1__hcontainer_1", "", "Oil"),
        (2, "section", "sec_1", "1", ""),
        (1, "division", "part_1__dvs_2", "DIVISION 2", "Gas"),
        (2, "section", "sec_2.1", "2.1", ""),
        (0, "part", "part_II", "PART II", "Wicks"),
        (1, "section", "sec_3", "3", ""),
    ]


def test_both_languages_give_the_same_eids() -> None:
    body = (
        '<Body><Heading level="1"><Label>{part} 1</Label><TitleText>x</TitleText></Heading>'
        '<Heading level="2"><Label>{division} A</Label></Heading><Section><Label>*1</Label><Text>x</Text></Section>'
        "<Section><Label>2 {to} 3.1</Label><Text>x</Text></Section><Section><Label>{quote}4</Label><Text>x</Text>"
        "</Section><Section><Label>A.01.001</Label><Text>x</Text></Section><Section><Label>{word}</Label><Text>x</Text>"
        "</Section><Section><Label>4</Label><Text>x</Text></Section></Body>"
        "<Schedule><ScheduleFormHeading><Label>{sched}</Label></ScheduleFormHeading>"
        "<Section><Label>4.</Label><Text>x</Text></Section></Schedule>"
    )
    english = act(body.format(part="PART", division="DIVISION", to="to", quote="“", word="Preamble", sched="SCHEDULE"))
    french = act(
        body.format(part="PARTIE", division="SECTION", to="à", quote="«\xa0", word="Préambule", sched="ANNEXE"),
        lang="fr",
    )
    eids = [p.eid for p in english.provisions]
    assert eids == [p.eid for p in french.provisions]
    assert eids[2:] == [
        "part_1",
        "part_1__dvs_A",
        "sec_1",
        "sec_2-3.1",
        "sec_4",
        "sec_A.01.001",
        "sec_n1",
        "sec_4_2",
        "sched_1",
        "sched_1__sec_4",
    ]


def test_nested_units_have_relative_ids_headings_intro_and_wrap_up() -> None:
    section = by_eid(
        act(
            "<Body><Section><MarginalNote>Duty</MarginalNote><Label>7</Label><Subsection>"
            "<MarginalNote>First <Emphasis style='italic'>duty</Emphasis></MarginalNote><Label>(1)</Label>"
            "<Text>A keeper shall</Text><Paragraph><Label>(a)</Label><Text>trim &amp; fill; or</Text></Paragraph>"
            "<ContinuedSectionSubsection><Text>every night.</Text></ContinuedSectionSubsection></Subsection>"
            "<HistoricalNote><HistoricalNoteSubItem>2001, c. 4, s. 9</HistoricalNoteSubItem></HistoricalNote>"
            "</Section></Body>"
        )
    )["sec_7"]
    assert (section.num, section.heading, section.note) == ("7", "", "Duty")
    assert section.content == (
        '<subsection eId="subsec_1"><num>(1)</num><heading>First <i>duty</i></heading>'
        "<intro><p>A keeper shall</p></intro>"
        '<paragraph eId="subsec_1__para_a"><num>(a)</num><content><p>trim &amp; fill; or</p></content></paragraph>'
        '<wrapUp><p class="continued">every night.</p></wrapUp></subsection>'
        '<wrapUp><p class="historicalNote"><remark type="historical">2001, c. 4, s. 9</remark></p></wrapUp>'
    )
    assert section.text == "(1) First duty A keeper shall (a) trim & fill; or every night. 2001, c. 4, s. 9"


def test_history_inside_a_marginal_note_leaves_the_note() -> None:
    section = by_eid(
        act(
            "<Body><Section><MarginalNote>Duty<HistoricalNote><HistoricalNoteSubItem>1999, c. 1</HistoricalNoteSubItem>"
            "</HistoricalNote></MarginalNote><Label>7</Label><Text>Shine.</Text></Section></Body>"
        )
    )["sec_7"]
    assert (section.note, section.text) == ("Duty", "Shine. 1999, c. 1")


def test_standing_follows_the_source() -> None:
    repealed = "<Text><Repealed>[Repealed, 2001, c. 1]</Repealed></Text>"
    found = by_eid(
        act(
            '<Body><Section lims:fid="77" lims:inforce-start-date="2003-04-05" lims:lastAmendedDate="2003-04-06">'
            f"<Label>1</Label><Text>x</Text></Section><Section><Label>2</Label>{repealed}</Section>"
            '<Section in-force="no"><Label>3</Label><Text>x</Text></Section>'
            '<Section lims:inforce-start-date="9999-01-01"><Label>4</Label><Text>x</Text></Section></Body>'
            '<Schedule id="RelatedProvs"><ScheduleFormHeading><TitleText>RELATED</TitleText></ScheduleFormHeading>'
            '<BillPiece><RelatedOrNotInForce><Heading level="5"><TitleText>— 2001</TitleText></Heading>'
            "<Section><Label>9</Label><Text>see section <XRefInternal>1</XRefInternal></Text></Section>"
            "</RelatedOrNotInForce></BillPiece></Schedule>"
            '<Schedule id="NifProvs"><BillPiece><RelatedOrNotInForce><Section><Label>9</Label><Text>x</Text></Section>'
            "</RelatedOrNotInForce></BillPiece></Schedule>"
        )
    )
    first = found["sec_1"]
    assert (first.source_id, first.in_force_from, first.last_amended) == ("77", date(2003, 4, 5), date(2003, 4, 6))
    assert first.status is ProvisionStatus.IN_FORCE
    assert found["sec_2"].status is ProvisionStatus.REPEALED
    assert found["sec_3"].status is ProvisionStatus.NOT_IN_FORCE
    assert (found["sec_4"].status, found["sec_4"].in_force_from) == (ProvisionStatus.NOT_IN_FORCE, None)
    related = [p for eid, p in found.items() if eid.startswith("sched_RelatedProvs")]
    assert {p.status for p in related} == {ProvisionStatus.RELATED}
    assert found["sched_RelatedProvs__sec_9"].references == ()
    assert found["sched_NifProvs__sec_9"].status is ProvisionStatus.NOT_IN_FORCE


def test_a_repealed_work_says_so() -> None:
    version = act("<Repealed>[Repealed, 2010, c. 3]</Repealed>")
    assert version.status is WorkStatus.REPEALED
    assert by_eid(version)["repealed"].text == "[Repealed, 2010, c. 3]"


def test_a_long_schedule_is_split_by_count_and_tables_stand_alone() -> None:
    lines = "".join(f"<Provision><Text>line {n}</Text></Provision>" for n in range(50))
    version = act(
        "<Schedule><ScheduleFormHeading><Label>SCHEDULE 1</Label><OriginatingRef>(Section 2)</OriginatingRef>"
        f"<TitleText>Lamps</TitleText></ScheduleFormHeading>{lines}"
        "<TableGroup><table><tgroup cols='1'><tbody><row><entry>cell</entry></row></tbody></tgroup></table>"
        "</TableGroup>"
        "<Footnote><Label>1</Label><Text>below</Text></Footnote></Schedule>"
    )
    schedule = [p for p in version.provisions if p.eid.startswith("sched_1")]
    assert [(p.eid, p.level) for p in schedule] == [
        ("sched_1", 0),
        ("sched_1__hcontainer_1", 1),
        ("sched_1__hcontainer_2", 1),
    ]
    assert (schedule[0].kind, schedule[0].heading, schedule[0].note) == ("attachment", "Lamps", "(Section 2)")
    assert schedule[0].text.endswith("line 39")
    assert schedule[2].text == "cell 1 below"


def test_a_schedule_without_a_heading_of_its_own_adds_no_level() -> None:
    version = act(
        '<Schedule><ConventionAgreementTreaty><Heading level="1"><Label>ARTICLE 1</Label></Heading>'
        "<Provision><Text>Scope</Text></Provision></ConventionAgreementTreaty></Schedule>"
        "<Schedule><Provision><Text>plain</Text></Provision></Schedule>"
    )
    assert [(p.kind, p.eid, p.level, p.text) for p in version.provisions[2:]] == [
        ("article", "sched_1__art_1", 0, "Scope"),
        ("attachment", "sched_2", 0, "plain"),
    ]


def test_unknown_elements_keep_their_text() -> None:
    found = by_eid(
        act(
            "<Novelty><Odd>new part</Odd></Novelty><Body><Section><Label>1</Label><Text>a <Odd>b</Odd> c</Text>"
            "<Strange><Label>z</Label>loose</Strange></Section><Mystery>m</Mystery></Body>"
        )
    )
    assert found["novelty"].text == "new part"
    assert found["sec_1"].text == "a b c z loose"
    assert found["hcontainer_1"].text == "m"


def test_recent_amendments_are_kept_and_referred_to() -> None:
    version = act(
        "<Body/><RecentAmendments><Amendment><AmendmentCitation link='2023_22'>2023, c. 22</AmendmentCitation>"
        "<AmendmentDate>2023-06-22</AmendmentDate></Amendment><Amendment><AmendmentCitation>SOR/2024-184"
        "</AmendmentCitation><AmendmentDate>2024-09-20</AmendmentDate></Amendment></RecentAmendments>"
    )
    assert version.amended_by == (
        Reference("/akn/ca/bill/2023-c-22", "2023, c. 22"),
        Reference("/akn/ca/regulation/SOR-2024-184", "SOR/2024-184"),
    )
    assert by_eid(version)["amendments"].text == "2023, c. 22 2023-06-22 SOR/2024-184 2024-09-20"


def test_the_same_words_give_the_same_content_whatever_ids_and_layout() -> None:
    one = act('<Body><Section lims:id="5" lims:fid="5"><Label>1</Label><Text>a b</Text></Section></Body>')
    two = act('<Body>\n <Section lims:id="6" lims:fid="6">\n<Label>1</Label>\n<Text>a\n   b </Text></Section></Body>')
    assert by_eid(one)["sec_1"].content == by_eid(two)["sec_1"].content
