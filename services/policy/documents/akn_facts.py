"""What an exported document needs of a version beside its text, and the version described with it."""

from dataclasses import replace

from services.policy.documents.akn_noted import noted_in
from services.policy.documents.domain import Expression
from services.policy.documents.stored import Cited, ProvisionFacts, StoredVersion, VersionFacts
from shared.db import Connection
from shared.sql import load_queries

_SQL = load_queries(__file__, "akn_facts.sql")


async def read_facts(connection: Connection, version_id: int) -> VersionFacts:
    """The facts of a version that is known to exist."""
    cited: dict[tuple[int, str], list[Cited]] = {}
    for row in await connection.fetch(_SQL["citations_in_version"], version_id):
        one = Cited(row["target_uri"], row["target_eid"], row["label"])
        cited.setdefault((row["ordinal"], row["relation"]), []).append(one)
    return VersionFacts(
        tuple(cited.get((-1, "enabled-by"), ())),
        tuple(cited.get((-1, "amended-by"), ())),
        {
            row["eid"]: ProvisionFacts(
                row["last_amended"],
                row["source_id"],
                tuple(row["terms"]),
                tuple(cited.get((row["ordinal"], "cites"), ())),
            )
            for row in await connection.fetch(_SQL["provision_facts"], version_id)
        },
    )


def described(found: Expression) -> StoredVersion:
    """A version and its work as one, with what was read of its facts."""
    key, version, own_uri = found.work.key, found.version, found.work.frbr_uri
    facts = found.facts or VersionFacts()
    unseen = {
        row.eid: _unseen(facts.provisions[row.eid], row.content, own_uri)
        for row in found.provisions
        if row.eid in facts.provisions
    }
    return StoredVersion(
        key.jurisdiction,
        key.kind,
        key.number,
        own_uri,
        version.lang,
        version.date,
        version.title,
        version.long_title,
        status=version.stated_status,
        in_force_from=version.in_force_from,
        last_amended=version.last_amended,
        published=version.published,
        citations=version.citations,
        subjects=version.subjects,
        aliases=found.work.aliases,
        source_ids={name: value for name, value in version.source_ids.items() if name != "path"},
        amended_by=facts.amended_by,
        enabling=facts.enabling,
        facts=unseen,
    )


def _unseen(facts: ProvisionFacts, content: str, own_uri: str) -> ProvisionFacts:
    """`facts` without what the content shows by itself."""
    terms, cites = noted_in(content, own_uri)
    return replace(
        facts,
        terms=None if facts.terms == terms else facts.terms,
        cites=None if facts.cites == cites else facts.cites,
    )
