"""Documents as others write them: of version 2.0, in several languages, with components, without ids."""

from datetime import date

from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ParsedVersion, ProvisionStatus
from services.policy.imports.prepare import prepare

META = """<meta><identification source="#x"><FRBRWork><FRBRthis value="{uri}/main"/><FRBRuri value="{uri}"/>
<FRBRdate date="1980-01-01" name="Enactment"/><FRBRauthor href="#x"/><FRBRcountry value="ke"/></FRBRWork>
<FRBRExpression><FRBRdate date="1989-12-15" name="Expression"/><FRBRlanguage language="eng"/></FRBRExpression>
</identification>{more}</meta>"""
FORMER = "http://www.akomantoso.org/2.0"
CURRENT = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"


def read(inner: str, *, namespace: str = CURRENT, uri: str = "/akn/ke/act/1980-01-01/1", more: str = "",
         around: str = "") -> ParsedVersion:  # fmt: skip
    meta = META.format(uri=uri, more=more)
    text = f'<akomaNtoso xmlns="{namespace}"><act name="act">{meta}{inner}</act>{around}</akomaNtoso>'
    version = AkomaNtoso().parse("a.xml", text.encode())
    assert prepare(version).content_hash  # whatever it was, it can be stored
    return version


def test_version_2_has_its_ids_dates_and_addresses_under_other_names() -> None:
    version = read(
        '<body><section id="sec1" status="removed"><num>1</num><content id="c"><p>See <ref id="r" '
        'href="/ke/act/1985-07-12/3">Act 3</ref> and <ref href="#sec2">2</ref>.</p></content></section>'
        '<section id="sec2" period="#p1"><num>2</num><content><p>x</p></content></section></body>',
        namespace=FORMER,
        uri="/ke/act/1980-01-01/1",
        more='<lifecycle source="#x"><eventRef id="e1" date="1985-07-12" source="#x" type="amendment"/></lifecycle>'
        '<temporalData source="#x"><temporalGroup id="p1"><timeInterval start="#e1"/></temporalGroup></temporalData>',
    )
    assert version.work.frbr_uri == "/akn/ke/act/1980-01-01/1"
    assert (version.work.jurisdiction, version.work.kind, version.work.number) == ("ke", "act", "1980-01-01-1")
    assert [p.eid for p in version.provisions] == ["sec1", "sec2"]
    assert version.provisions[0].status is ProvisionStatus.REPEALED
    assert [r.href for r in version.provisions[0].references] == ["/akn/ke/act/1985-07-12/3", "#sec2"]
    assert version.provisions[1].in_force_from == date(1985, 7, 12)


def test_other_attributes_called_id_are_left_alone_in_version_3() -> None:
    version = read('<body><section id="x"><num>1</num><content><p>y</p></content></section></body>')
    assert [p.eid for p in version.provisions] == ["sec_1"]


def test_ids_are_made_where_there_are_none_and_made_unique_where_they_repeat() -> None:
    section = "<section{}><num>{}</num><content><p>x</p></content></section>"
    plain = section.format("", 1) + section.format("", 1) + section.format("", "")
    named = section.format(' eId="sec_1"', 4)
    version = read(f"<body><part><num>Part I</num>{plain}{named}</part></body>")
    assert [p.eid for p in version.provisions] == ["part_I", "sec_1", "sec_1-2", "sec_3", "sec_1-3"]


def test_each_part_may_have_a_language_of_its_own() -> None:
    version = read(
        '<body><section xml:lang="sw"><num>1</num><content><p>maneno</p></content></section>'
        '<section xml:lang="en"><num>2</num><content><p>a <span xml:lang="la">inter alia</span></p></content></section>'
        "</body>"
    )
    assert [p.lang for p in version.provisions] == ["sw", ""]
    assert '<span lang="la">inter alia</span>' in version.provisions[1].content


def test_components_and_attachments_become_provisions_under_their_headings() -> None:
    doc = f'<doc name="schedule">{META.format(uri="/akn/ke/act/1980-01-01/1", more="")}<mainBody>{{}}</mainBody></doc>'
    inner = doc.format('<section eId="sec_1"><num>1</num><content><p>of the schedule</p></content></section>')
    version = read(
        '<body><section eId="sec_1"><num>1</num><content><p>of the act</p></content></section></body>'
        f"<attachments><attachment><heading>Forms</heading>{inner}</attachment></attachments>",
        around=f'<components><component eId="cmp_1">{doc.format("<p>a letter</p>")}</component></components>',
    )
    assert [(p.kind, p.eid, p.level, p.text) for p in version.provisions] == [
        ("section", "sec_1", 0, "of the act"),
        ("attachment", "att_1", 0, ""),
        ("section", "att_1__sec_1", 1, "of the schedule"),
        ("component", "cmp_1", 0, "a letter"),
    ]


def test_a_term_that_quoted_text_defines_is_not_a_term_of_this_document() -> None:
    version = read(
        "<body><section><num>1</num><content><p>A <def>boat</def> floats. Add <mod><quotedText>a <def>ship</def>"
        "</quotedText></mod>.</p></content></section></body>"
    )
    assert version.provisions[0].terms == ("boat",)
