"""Which work a Justice Laws file is, and how that work is cited.

The file's name says which work it is (`SOR-2011-246`, `C.R.C.,_ch._228`); French names are mapped to the English ones,
so that both languages are one work, and the French one stays as an alias.
"""

import re

from lxml import etree

from services.policy.imports.canada_laws.text import visible
from services.policy.imports.model import Reference, WorkIdentity

JURISDICTION = "ca"
_CRC = re.compile(r"\AC\.?R\.?C\.?,?[_ -]*ch?\.?[_ -]+(\d+[A-Za-z]?)\Z", re.IGNORECASE)
_INSTRUMENT = re.compile(r"\A(SOR|DORS|SI|TR)[-/ ](\d{2,4})[-/ ](\d+[a-z]?)\Z", re.IGNORECASE)
_ANNUAL_FILE = re.compile(r"\A(\d{4})-c(\d+)_[EF]\Z", re.IGNORECASE)
_ANNUAL_LINK = re.compile(r"\A(\d{4})_(\d+)\Z")
_ACT = re.compile(r"\A[A-Z]-\d+(?:\.\d+)*\Z")
_UNSAFE = re.compile(r"[^0-9A-Za-z.-]+")
_ENGLISH = {"DORS": "SOR", "TR": "SI"}
_FRENCH = {"SOR": "DORS", "SI": "TR"}


def stem_of(path: str) -> str:
    """`eng/acts/A-1.xml` → `A-1`."""
    name = path.rsplit("/", 1)[-1]
    return name[:-4] if name.lower().endswith(".xml") else name


def regulation_number(name: str) -> tuple[str, tuple[str, ...]]:
    """Number and aliases of a regulation named in either language; aliases are the same from either name."""
    name = name.strip()
    crc = _CRC.match(name)
    if crc:
        return f"CRC-c-{crc[1]}", (f"CRC-ch-{crc[1]}",)
    match = _INSTRUMENT.match(name)
    if match:
        series = match[1].upper()
        series = _ENGLISH.get(series, series)
        rest = f"{match[2]}-{match[3]}"
        return f"{series}-{rest}", (f"{_FRENCH[series]}-{rest}",)
    return _UNSAFE.sub("-", name).strip("-."), ()


def work_identity(root_tag: str, stem: str) -> WorkIdentity:
    """The work of a file by its root element and its name without `.xml`."""
    aliases: tuple[str, ...] = ()
    if root_tag == "Regulation":
        kind = "regulation"
        number, aliases = regulation_number(stem)
    elif root_tag == "Bill":
        kind = "bill"
        annual = _ANNUAL_FILE.match(stem)
        number = f"{annual[1]}-c-{annual[2]}" if annual else _UNSAFE.sub("-", stem).strip("-.")
    else:
        kind = "act"
        number = _UNSAFE.sub("-", stem).strip("-.")
    return WorkIdentity(JURISDICTION, kind, number, f"/akn/{JURISDICTION}/{kind}/{number}", aliases)


def link_target(kind: str, link: str) -> str:
    """The address that `XRefExternal@link` names, empty when it names none that can be addressed."""
    link = link.strip()
    if link.startswith(("http://", "https://")) and not re.search(r"[\s<>\"']", link):
        return link
    if kind == "regulation" or _INSTRUMENT.match(link) or _CRC.match(link):
        if _INSTRUMENT.match(link) or _CRC.match(link):
            return f"/akn/{JURISDICTION}/regulation/{regulation_number(link)[0]}"
        return ""
    if kind == "act" and _ACT.match(link):
        return f"/akn/{JURISDICTION}/act/{link}"
    return ""


def amendment_target(link: str, label: str) -> str:
    """What `AmendmentCitation` names: an annual statute by its link (`2023_22`), a regulation by its own number."""
    annual = _ANNUAL_LINK.match(link.strip())
    if annual:
        return f"/akn/{JURISDICTION}/bill/{annual[1]}-c-{annual[2]}"
    return link_target("regulation", label)


def citations(identification: etree._Element, lang: str) -> tuple[str, ...]:
    """How the work is cited in `lang`, the official citation first."""
    found: list[str] = []
    french = lang == "fr"
    for chapter in identification.iterfind("Chapter"):
        annual = chapter.find("AnnualStatuteId")
        if annual is not None:
            found.append(_annual_citation(annual, french=french))
        for number in chapter.iterfind("ConsolidatedNumber"):
            text = visible("".join(number.itertext()))
            if text and number.get("official") == "yes":
                found.insert(0, f"L.R.C. (1985), ch. {text}" if french else f"R.S.C., 1985, c. {text}")
    for instrument in identification.iterfind("InstrumentNumber"):
        found.append(visible("".join(instrument.itertext())))
    return tuple(dict.fromkeys(citation for citation in found if citation))


def _annual_citation(annual: etree._Element, *, french: bool) -> str:
    number = visible("".join(part for e in annual.iterfind("AnnualStatuteNumber") for part in e.itertext()))
    year = visible("".join(part for e in annual.iterfind("YYYY") for part in e.itertext()))
    if not number or not year:
        return ""
    if annual.get("revised-statute") == "yes":
        return f"L.R.C. ({year}), ch. {number}" if french else f"R.S.C., {year}, c. {number}"
    return f"L.C. {year}, ch. {number}" if french else f"S.C. {year}, c. {number}"


def enabling_authority(identification: etree._Element) -> tuple[Reference, ...]:
    """The acts a regulation is made under, as it names them."""
    found = [
        Reference(link_target(e.get("reference-type", ""), e.get("link", "")), visible("".join(e.itertext())))
        for e in identification.iterfind("EnablingAuthority/XRefExternal")
    ]
    found += [
        Reference("", visible("".join(e.itertext())))
        for e in identification.iterfind("EnablingAuthority/*")
        if e.tag != "XRefExternal"
    ]
    return tuple(dict.fromkeys(reference for reference in found if reference.label))
