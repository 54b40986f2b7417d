"""Every link of the published law that names a held document is a citation of it.

Imports a sample of the published laws, or all of them with OPENPOLICY_FULL=1, from the folder OPENPOLICY_DATA
(default `../shared/data` beside the checkout) into a real database.
"""

import os
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import psycopg
import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.imports.canada_laws import CanadaLaws
from tests.fidelity.links import count_links, links, named, reason
from tests.policy.policy_service import import_notes

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("OPENPOLICY_DATA") or ROOT.parent / "shared" / "data") / "canada_federal"
LAWS = DATA / "laws_2026-07-23.zip"
FULL = os.environ.get("OPENPOLICY_FULL") == "1"
SAMPLE = ("eng/acts/A-1", "fra/lois/A-1", "eng/acts/F-1", "fra/lois/F-1", "eng/acts/P-21", "fra/lois/P-21")
SAMPLE_EVERY = 89

SOURCE = (
    b'<Statute><Section><Text>See the <XRefExternal reference-type="act" link="A-1">Access <Emphasis style="italic">'
    b'Act</Emphasis></XRefExternal>, <XRefExternal reference-type="regulation" link="DORS-99-1">that</XRefExternal>, '
    b'<XRefExternal reference-type="act" link="Z-9">another</XRefExternal>, <XRefExternal reference-type="other" '
    b'link="gazette">Gazette</XRefExternal> and <XRefExternal reference-type="act">a code</XRefExternal>.'
    b"</Text></Section></Statute>"
)


def test_links_are_read_and_told_apart() -> None:
    found = links(SOURCE)
    assert [words for _, _, words in found] == ["Access Act", "that", "another", "Gazette", "a code"]
    assert [named(kind, link) for kind, link, _ in found] == ["act:A-1", "reg:SOR-99-1", "act:Z-9", "", ""]
    assert [reason(link, {"act:A-1": 1, "reg:SOR-99-1": 2}) for link in found] == [
        "", "", "names a document that is not held", "names something that is no federal law", "names no document",
    ]  # fmt: skip


@pytest.mark.skipif(
    not LAWS.is_file(),
    reason=f"the published laws are not at {DATA}; set OPENPOLICY_DATA to the folder that holds canada_federal/",
)
@pytest.mark.timeout(1200)
async def test_every_link_to_a_held_document_is_a_citation(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    with ZipFile(LAWS) as archive:
        paths = sorted(p for p in archive.namelist() if p.endswith(".xml"))
        if not FULL:
            paths = sorted({*paths[::SAMPLE_EVERY], *(p for p in paths if p.startswith(SAMPLE))})
        for path in paths:
            archive.extract(path, tmp_path)
    report = await import_notes(clean_database.policy_url, tmp_path, importer=CanadaLaws(), release=date(2026, 7, 23))
    assert report.exit_code == 0, report.lines()
    counts, missing = count_links(LAWS, clean_database.policy_url, paths)
    assert not missing, "\n".join(missing[:20]) + f"\n{len(missing)} of {counts['links']} links"
    assert counts["citations of what is held"] > (40_000 if FULL else 300), counts
    assert sum(counts.values()) == 2 * counts["links"], "each link counts once as a link and once by what became of it"

    with psycopg.connect(clean_database.policy_url) as connection:
        connection.execute("DELETE FROM citation WHERE target_uri = '/akn/ca/act/P-21' AND relation = 'cites'")
    _, missing = count_links(LAWS, clean_database.policy_url, paths)
    assert missing, "what is lost is found"
    assert all(" act P-21 " in line for line in missing)
