"""The metadata of an exported document: which work and text it is, its dates, subjects and relations."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from lxml import etree

from services.policy.documents.akn_marks import HREF, VERSION
from services.policy.documents.akn_models import is_address
from services.policy.documents.stored import Cited, DatedProvision, StoredVersion

NAMESPACE = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
_PAIRS = """ar:ara bg:bul bn:ben cr:cre cs:ces cy:cym da:dan de:deu el:ell en:eng es:spa et:est fa:fas fi:fin fr:fra
ga:gle gd:gla he:heb hi:hin hr:hrv hu:hun id:ind is:isl it:ita iu:iku ja:jpn ko:kor la:lat lt:lit lv:lav mk:mkd mt:mlt
nl:nld no:nor oj:oji pl:pol pt:por ro:ron ru:rus sk:slk sl:slv sq:sqi sr:srp sv:swe sw:swa tr:tur uk:ukr vi:vie
zh:zho"""
_THREE_LETTERS = dict(pair.split(":") for pair in _PAIRS.split())
_REFERS = re.compile(r' refersTo="([^"<>&]*)"')
_CONCEPT = re.compile(r"#[\w.-]+\Z")
_PUBLISHER, _IN_FORCE = "meta-publisher", "inForce"
_ALL = {"source": f"#{_PUBLISHER}"}
Period = tuple[date | None, date | None]


def qualified(name: str) -> str:
    """`name` in the namespace of Akoma Ntoso, as lxml writes it."""
    return f"{{{NAMESPACE}}}{name}"


class DocumentMeta:
    """Writes the `meta` of a whole document; `eids` are those of its provisions, which its own ids keep clear of."""

    def __init__(self, version: StoredVersion, rows: Sequence[DatedProvision], eids: set[str]) -> None:
        self._version, self._eids = version, eids
        self._events: dict[date, str] = {}
        self._periods: dict[Period, str] = {}
        for row in rows:
            period = (row.in_force_from, row.in_force_to)
            if any(period) and period not in self._periods:
                self._periods[period] = self._fresh(f"tmpg_{len(self._periods) + 1}")
        self._concepts = {name for row in rows for name in _concepts(row.content)} - eids
        eids.update(self._concepts)
        amended = {fact.last_amended for fact in version.facts.values()} | {version.last_amended}
        self._amended = {day for day in amended if day}
        bounds = {day for period in self._periods for day in period}
        days = {version.date, version.in_force_from, *self._amended, *bounds}
        for at, known in enumerate(sorted(day for day in days if day), 1):
            self._events[known] = self._fresh(f"evt_{at}")

    def period(self, row: DatedProvision) -> str:
        """A reference to the period in which `row` is law; empty when none is known."""
        name = self._periods.get((row.in_force_from, row.in_force_to))
        return f"#{name}" if name else ""

    def write(self, meta: etree._Element) -> None:
        """Fill `meta`, in the order that the schema wants."""
        version = self._version
        identify(meta, version, "main")
        if version.published:
            _add(meta, "publication", date=version.published.isoformat(), name="release", showAs=version.jurisdiction)
        if version.subjects:
            group = _add(meta, "classification", **_ALL)
            for subject in version.subjects:
                _add(group, "keyword", value=subject, showAs=subject, dictionary=f"#{_PUBLISHER}")
        self._lifecycle(meta)
        self._analysis(meta)
        self._temporal(meta)
        self._references(meta)
        about = {"jurisdiction": version.jurisdiction, "kind": version.kind, "number": version.number}
        about |= {"lang": version.lang, "date": version.date.isoformat(), "status": version.status}
        for name, day in (("inForceFrom", version.in_force_from), ("lastAmended", version.last_amended)):
            if day:
                about[name] = day.isoformat()
        etree.SubElement(_add(meta, "proprietary", **_ALL), VERSION, about)

    def _lifecycle(self, meta: etree._Element) -> None:
        lifecycle = _add(meta, "lifecycle", **_ALL)
        for day, eid in self._events.items():
            event = _add(lifecycle, "eventRef", eId=eid, date=day.isoformat(), **_ALL)
            if day == self._version.in_force_from:
                event.set("type", "generation")
            elif day in self._amended:
                event.set("type", "amendment")
        if self._version.status == "repealed":
            # Since when is not known; not later than the text that says so.
            known = self._version.date.isoformat()
            _add(lifecycle, "eventRef", eId=self._fresh("evt_repeal"), date=known, type="repeal", **_ALL)

    def _analysis(self, meta: etree._Element) -> None:
        """Citations that the text does not show, such as those in a heading."""
        unseen = [(eid, facts.cites) for eid, facts in self._version.facts.items() if facts.cites is not None]
        if unseen:
            group = _add(_add(meta, "analysis", **_ALL), "otherReferences", **_ALL)
            for eid, cites in unseen:
                for one in cites or (Cited("", "", ""),):
                    _cited(etree.SubElement(group, qualified("implicitReference"), {"for": f"#{eid}"}), one)

    def _temporal(self, meta: etree._Element) -> None:
        if not self._periods:
            return
        temporal = _add(meta, "temporalData", **_ALL)
        for (start, end), name in self._periods.items():
            interval = _add(_add(temporal, "temporalGroup", eId=name), "timeInterval", refersTo=f"#{_IN_FORCE}")
            for attribute, day in (("start", start), ("end", end)):
                if day is not None:
                    interval.set(attribute, f"#{self._events[day]}")

    def _references(self, meta: etree._Element) -> None:
        group = _add(meta, "references", **_ALL)
        for at, one in enumerate(self._version.amended_by, 1):
            _cited(_add(group, "passiveRef", eId=self._fresh(f"pref_{at}")), one)
        for at, one in enumerate(self._version.enabling, 1):
            name = self._fresh(f"enabling_{at}")
            _cited(_add(group, "TLCReference", eId=name, name="enabled-by"), one)
        _publisher(group, self._version)
        for name in sorted(self._concepts):
            href = f"/akn/ontology/concept/{name}"
            _add(group, "TLCConcept", eId=name, href=href, showAs=name.replace("-", " "))
        if self._periods:
            eid = self._fresh(_IN_FORCE)
            _add(group, "TLCConcept", eId=eid, href="/akn/ontology/concept/inForce", showAs="in force")

    def _fresh(self, eid: str) -> str:
        while eid in self._eids:
            eid = f"meta-{eid}"
        self._eids.add(eid)
        return eid


def expression_uri(version: StoredVersion) -> str:
    """`/akn/ca/act/A-1/eng@2024-07-01`."""
    return f"{version.frbr_uri}/{_language(version)}@{version.date.isoformat()}"


def identify(meta: etree._Element, version: StoredVersion, component: str) -> None:
    """Work, expression and manifestation of `component`: `main`, or an attachment's eId."""
    ident = _add(meta, "identification", **_ALL)
    day = version.date.isoformat()
    text = expression_uri(version)
    is_main = component == "main"
    names = [("title", version.title)]  # where other readers look for it first
    names += [("citation", citation) for citation in version.citations]
    names += [("number", alias) for alias in version.aliases]
    names += [(f"source:{name}", value) for name, value in sorted(version.source_ids.items())]
    made = (version.in_force_from or version.date).isoformat()
    work = _frbr(ident, "FRBRWork", version.frbr_uri, component, (made, "work"), names if is_main else ())
    _add(work, "FRBRcountry", value=version.jurisdiction.partition("-")[0])
    _add(work, "FRBRsubtype", value=version.kind)
    _add(work, "FRBRnumber", value=version.number)
    titles = [("title", version.title)] + [("longTitle", version.long_title)] * bool(version.long_title)
    expression = _frbr(ident, "FRBRExpression", text, component, (day, "expression"), titles if is_main else ())
    _add(expression, "FRBRlanguage", language=_language(version))
    stored = _frbr(ident, "FRBRManifestation", f"{text}.akn", component, (day, "manifestation"), ())
    _add(stored, "FRBRformat", value="application/akn+xml")


def _language(version: StoredVersion) -> str:
    primary = version.lang.partition("-")[0]
    return _THREE_LETTERS.get(primary, primary)


def _frbr(
    ident: etree._Element,
    name: str,
    uri: str,
    component: str,
    dated: tuple[str, str],
    aliases: Iterable[tuple[str, str]],
) -> etree._Element:
    level = _add(ident, name)
    _add(level, "FRBRthis", value=f"{uri}/!{component}")
    _add(level, "FRBRuri", value=uri)
    for what, value in aliases:
        _add(level, "FRBRalias", name=what, value=value)
    _add(level, "FRBRdate", date=dated[0], name=dated[1])
    _add(level, "FRBRauthor", href=f"#{_PUBLISHER}")
    return level


def _cited(element: etree._Element, one: Cited) -> None:
    """The address and label of what `element` names."""
    known = is_address(one.href)
    element.set("href", one.href if known else "")
    element.set("showAs", one.label)
    if not known:
        element.set(HREF, one.href)


def _concepts(content: str) -> Iterator[str]:
    """What elements in `content` refer to; each is told in the metadata."""
    for value in _REFERS.findall(content) if "refersTo" in content else ():
        yield from (name[1:] for name in value.split() if _CONCEPT.match(name))


def _publisher(group: etree._Element, version: StoredVersion) -> None:
    href = f"/akn/ontology/organization/{version.jurisdiction}"
    _add(group, "TLCOrganization", eId=_PUBLISHER, href=href, showAs=version.jurisdiction)


def _add(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, qualified(tag), attributes)
