"""Running text, tables, lists, formulas and quoted law become the closed vocabulary."""

import xml.etree.ElementTree as ET

import pytest

from services.policy.documents.vocabulary import ALLOWED_ATTRIBUTES, ALLOWED_ELEMENTS
from services.policy.imports.canada_laws import CanadaLaws
from services.policy.imports.model import ParsedProvision, Reference


def section(inner: str, *, lang: str = "en") -> ParsedProvision:
    """Section 1 of an act that also has a section 2."""
    data = (
        f'<Statute xmlns:lims="http://justice.gc.ca/lims" lims:pit-date="2024-05-01" xml:lang="{lang}"><Identification>'
        "<LongTitle>An Act</LongTitle></Identification><Body><Section><Label>1</Label>"
        f"{inner}</Section><Section><Label>2</Label><Text>x</Text></Section></Body></Statute>"
    )
    version = CanadaLaws().parse("eng/acts/X-1.xml", data.encode())
    found = next(p for p in version.provisions if p.eid == "sec_1")
    for element in ET.fromstring(f"<p>{found.content}</p>").iter():  # noqa: S314 - written above
        assert element.tag in ALLOWED_ELEMENTS
        assert set(element.attrib) <= ALLOWED_ATTRIBUTES
    return found


def content(inner: str, *, lang: str = "en") -> str:
    return section(inner, lang=lang).content.removeprefix("<content>").removesuffix("</content>")


@pytest.mark.parametrize(
    ("source", "markup"),
    [
        ("<Emphasis style='italic'>a</Emphasis>b", "<i>a</i>b"),
        ("<Emphasis style='smallcaps'>a</Emphasis>", '<span class="smallCaps">a</span>'),
        ("m<Sup>2</Sup>H<Sub>2</Sub>O", "m<sup>2</sup>H<sub>2</sub>O"),
        ("<Language xml:lang='fr'>loi</Language>", '<span lang="fr">loi</span>'),
        ("a<LineBreak/>b", "a<br/>b"),
        ("a &amp; b &lt; c", "a &amp; b &lt; c"),
        ("Act<FootnoteRef idref='n'>a</FootnoteRef>,", 'Act<sup class="noteRef">a</sup>,'),
    ],
)
def test_running_text(source: str, markup: str) -> None:
    assert content(f"<Text>{source}</Text>") == f"<p>{markup}</p>"


def test_plain_text_keeps_words_whole_and_apart() -> None:
    text = section(
        "<Text>H<Sub>2</Sub>O m<Sup>2</Sup> Act<FootnoteRef>a</FootnoteRef> one<LineBreak/>two<Leader/>three "
        "co\u00adoper\u200bate\u00a0: x &lt; y</Text>"
    ).text
    assert text == "H2O m2 Act a one two three cooperate : x < y"


def test_external_references_resolve_across_languages() -> None:
    found = section(
        "<Text>the <XRefExternal reference-type='act' link='F-11'>Money Act</XRefExternal>, "
        "<XRefExternal reference-type='regulation' link='DORS-98-106'>Règles</XRefExternal>, "
        "<XRefExternal reference-type='regulation' link='C.R.C.,_ch._228'>Décret</XRefExternal>, "
        "<XRefExternal reference-type='other' link='gazette'>Gazette</XRefExternal> and "
        "<XRefExternal reference-type='act'>Elsewhere Act</XRefExternal></Text>"
    )
    assert found.references == (
        Reference("/akn/ca/act/F-11", "Money Act"),
        Reference("/akn/ca/regulation/SOR-98-106", "Règles"),
        Reference("/akn/ca/regulation/CRC-c-228", "Décret"),
        Reference("", "Gazette"),
        Reference("", "Elsewhere Act"),
    )
    assert '<ref href="/akn/ca/act/F-11">Money Act</ref>' in found.content
    assert '<span class="reference">Elsewhere Act</span>' in found.content


def test_a_script_address_is_no_reference() -> None:
    found = section("<Text><XRefExternal reference-type='other' link='javascript:alert(1)'>x</XRefExternal></Text>")
    assert found.references == (Reference("", "x"),)
    assert "javascript" not in found.content


def test_internal_references_point_only_at_sections_that_exist() -> None:
    found = section(
        "<Text>sections <XRefInternal>2</XRefInternal>, <XRefInternal>2(3)</XRefInternal> and "
        "<XRefInternal>99</XRefInternal></Text>"
        "<AmendedText><Section><Label>5</Label><Text>see <XRefInternal>2</XRefInternal></Text></Section></AmendedText>"
    )
    assert found.references == (Reference("#sec_2", "2"), Reference("#sec_2", "2(3)"))
    assert found.content.count("<ref ") == 2
    assert '<block name="amendedText"><quotedStructure><section eId="qstr_1__sec_5">' in found.content


@pytest.mark.parametrize(("lang", "own"), [("en", "lamp"), ("fr", "lampe")])
def test_terms_are_those_of_the_files_language(lang: str, own: str) -> None:
    found = section(
        "<Text>In this Act,</Text><Definition><Text><DefinedTermEn>lamp</DefinedTermEn> means a light; "
        "(<DefinedTermFr>lampe</DefinedTermFr>)</Text></Definition>",
        lang=lang,
    )
    assert found.terms == (own,)
    assert f"<def>{own}</def>" in found.content
    assert found.content.count('class="equivalent"') == 1
    assert '<hcontainer eId="def_n1" name="definition">' in found.content


def test_text_between_subunits_has_its_own_container() -> None:
    found = content(
        "<Text>a</Text><Paragraph><Label>(a)</Label><Text>b</Text></Paragraph>"
        "<ContinuedSectionSubsection><Text>c</Text></ContinuedSectionSubsection>"
        "<Paragraph><Label>(a)</Label><Text>d</Text></Paragraph>"
    )
    assert '<hcontainer name="text"><content><p class="continued">c</p></content></hcontainer>' in found
    assert 'eId="para_a"' in found
    assert 'eId="para_a_2"' in found


def test_a_unit_inside_that_is_not_in_force_is_marked() -> None:
    found = content('<Text>a</Text><Paragraph in-force="no"><Label>(a)</Label><Text>b</Text></Paragraph>')
    assert '<paragraph eId="para_a" class="notInForce">' in found


def cells(rows: str, columns: str = "") -> str:
    specs = columns or "<colspec colname='1'/><colspec colname='2'/><colspec colname='3'/>"
    return content(f"<TableGroup><table><tgroup cols='3'>{specs}{rows}</tgroup></table></TableGroup>")


def test_spans_and_header_rows() -> None:
    found = cells(
        "<thead><row><entry namest='1' nameend='2'>h</entry><entry>i</entry></row></thead>"
        "<tbody><row><entry morerows='1' rowheader='yes'>a</entry><entry align='right'>b</entry><entry>c</entry></row>"
        "<row><entry>d</entry><entry>e</entry></row></tbody>"
    )
    assert found == (
        '<table><tr><th colspan="2"><p>h</p></th><th><p>i</p></th></tr>'
        '<tr><th class="row" rowspan="2"><p>a</p></th><td class="right"><p>b</p></td><td><p>c</p></td></tr>'
        "<tr><td><p>d</p></td><td><p>e</p></td></tr></table>"
    )


def test_a_named_column_leaves_empty_cells_before_it() -> None:
    assert cells("<tbody><row><entry colname='3'>x</entry></row></tbody>") == (
        "<table><tr><td></td><td></td><td><p>x</p></td></tr></table>"
    )


def test_span_specifications_and_nested_tables() -> None:
    inner = (
        "<TableGroup><table><tgroup cols='1'><tbody><row><entry>in</entry></row></tbody></tgroup></table></TableGroup>"
    )
    found = cells(
        "<tbody><row><entry spanname='s'>a</entry></row>"
        f"<row><entry><Provision>{inner}</Provision></entry></row></tbody>",
        "<colspec colname='1'/><colspec colname='2'/><spanspec spanname='s' namest='1' nameend='2'/>",
    )
    assert '<td colspan="2"><p>a</p></td>' in found
    assert "<table><tr><td><p>in</p></td></tr></table></blockContainer></td>" in found


def test_table_titles_captions_and_mixed_cells() -> None:
    found = content(
        "<TableGroup><Caption>over</Caption><table><title>T</title><tgroup cols='1'><tbody><row><entry>one "
        "<Emphasis style='bold'>two</Emphasis><Provision><Text>three</Text></Provision>four</entry></row></tbody>"
        "</tgroup></table></TableGroup>"
    )
    assert found == (
        '<p class="caption">over</p><table><caption>T</caption><tr><td><p>one <b>two</b></p><p>three</p><p>four</p>'
        "</td></tr></table>"
    )


def test_bilingual_lists_are_two_columns() -> None:
    assert (
        content(
            "<BilingualGroup><BilingualItemEn>lamp</BilingualItemEn><BilingualItemFr>lampe</BilingualItemFr></BilingualGroup>"
        )
        == '<table class="bilingual"><tr><td lang="en"><p>lamp</p></td><td lang="fr"><p>lampe</p></td></tr></table>'
    )


def test_lists_formulas_figures_and_notes() -> None:
    assert content("<List><Item><Label>1</Label><Text>a</Text></Item></List>") == (
        "<blockList><item><num>1</num><p>a</p></item></blockList>"
    )
    assert content(
        "<FormulaGroup><Formula><FormulaText>A × <Fraction><Numerator>B</Numerator><Denominator>C</Denominator>"
        "</Fraction></FormulaText></Formula><FormulaConnector>where</FormulaConnector><FormulaDefinition>"
        "<FormulaTerm>A</FormulaTerm><Text>is</Text></FormulaDefinition></FormulaGroup>"
    ) == (
        '<blockContainer class="formulaGroup"><blockContainer class="formula"><p class="formulaText">A × '
        '<span class="fraction"><span class="numerator">B</span> <span class="denominator">C</span></span></p>'
        '</blockContainer><p class="formulaConnector">where</p><blockContainer class="formulaDefinition">'
        "<num>A</num><p>is</p></blockContainer></blockContainer>"
    )
    figure = section(
        "<ImageGroup><AlternateText>A \"lamp\" &lt; 1 m</AlternateText><Image source='l.jpg'/></ImageGroup>"
    )
    assert '<img alt="A &quot;lamp&quot; &lt; 1 m" title="l.jpg"/>' in figure.content
    assert figure.text == 'A "lamp" < 1 m'
    assert content("<Footnote><Label>a</Label><Text>S.C. 2003</Text></Footnote>") == (
        '<authorialNote placement="bottom"><p class="marker">a</p><p>S.C. 2003</p></authorialNote>'
    )
