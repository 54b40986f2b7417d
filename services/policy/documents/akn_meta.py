"""The FRBR metadata of an exported document."""

from lxml import etree

from services.policy.documents.stored import DescribedVersion

NAMESPACE = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
_PAIRS = """bg:bul cs:ces cy:cym da:dan de:deu el:ell en:eng es:spa et:est fi:fin fr:fra ga:gle hr:hrv hu:hun it:ita
iu:iku lt:lit lv:lav mt:mlt nl:nld pl:pol pt:por ro:ron sk:slk sl:slv sv:swe"""
_THREE_LETTERS = dict(pair.split(":") for pair in _PAIRS.split())


def qualified(name: str) -> str:
    """`name` in the namespace of Akoma Ntoso, as lxml writes it."""
    return f"{{{NAMESPACE}}}{name}"


def frbr_meta(meta: etree._Element, version: DescribedVersion, component: str) -> None:
    """Fill a `meta`: work, expression and manifestation of `component` (`main`, or an attachment's eId)."""
    ident = etree.SubElement(meta, qualified("identification"), {"source": "#publisher"})
    day = version.date.isoformat()
    lang = _THREE_LETTERS.get(version.lang, version.lang)
    expression = f"{version.frbr_uri}/{lang}@{day}"
    work = _frbr(ident, "FRBRWork", version.frbr_uri, component, day, "Work")
    country = etree.SubElement(work, qualified("FRBRcountry"))
    country.set("value", version.jurisdiction)
    etree.SubElement(work, qualified("FRBRsubtype")).set("value", version.kind)
    etree.SubElement(work, qualified("FRBRnumber")).set("value", version.number)
    text = _frbr(ident, "FRBRExpression", expression, component, day, "Expression")
    if component == "main":
        alias = etree.Element(qualified("FRBRalias"), {"name": "title", "value": version.title})
        text.insert(2, alias)
    etree.SubElement(text, qualified("FRBRlanguage")).set("language", lang)
    file = _frbr(ident, "FRBRManifestation", f"{expression}.akn", component, day, "XML")
    etree.SubElement(file, qualified("FRBRformat")).set("value", "application/akn+xml")
    references = etree.SubElement(meta, qualified("references"), {"source": "#publisher"})
    etree.SubElement(
        references,
        qualified("TLCOrganization"),
        {"eId": "publisher", "href": "/akn/ontology/organization/publisher", "showAs": version.jurisdiction},
    )


def _frbr(ident: etree._Element, name: str, uri: str, component: str, day: str, what: str) -> etree._Element:
    level = etree.SubElement(ident, qualified(name))
    etree.SubElement(level, qualified("FRBRthis")).set("value", f"{uri}/!{component}")
    etree.SubElement(level, qualified("FRBRuri")).set("value", uri)
    etree.SubElement(level, qualified("FRBRdate"), {"date": day, "name": what})
    etree.SubElement(level, qualified("FRBRauthor")).set("href", "#publisher")
    return level
