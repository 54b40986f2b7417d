"""Citations between works, resolved when they are read."""

from pathlib import Path
from typing import Any

import aiohttp

from infra.db.addresses import DatabaseUrls
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

CITED = "/api/v1/policies/xx/act/A-1"
CITING = "/api/v1/policies/xx/regulation/R-2"
LAW = {
    "en/A-1": note(
        "A-1", aliases=["OLD-1"], texts=[{"text": "See section 2.", "references": [["#sec_2", "section 2"]]}]
    ),
    "fr/A-1": note("A-1", lang="fr", title="Loi A-1"),
    "en/R-2": note(
        "R-2",
        kind="regulation",
        enabling=["/akn/xx/act/A-1", "/akn/xx/act/absent"],
        texts=[
            {
                "text": "x",
                "references": [["/akn/xx/act/OLD-1/eng@2020-01-01/!main~sec_3", "A-1, s. 3"], ["", "that Act"]],
            }
        ],
    ),
    "fr/R-2": note("R-2", lang="fr", kind="regulation", enabling=["/akn/xx/act/A-1"]),
}


async def get(policy: aiohttp.ClientSession, path: str) -> Any:
    async with policy.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_citations_out_and_in(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    await import_notes(clean_database.policy_url, write_notes(tmp_path / "law", LAW))
    async with serving(clean_database.policy_url) as policy:
        out = (await get(policy, f"{CITING}/citations?lang=en"))["items"]
        assert [(c["relation"], c["label"], c["from"]["eid"], c["to"]["frbr_uri"], c["to"]["eid"]) for c in out] == [
            ("enabled-by", "", "", "/akn/xx/act/A-1", ""),
            ("enabled-by", "", "", "/akn/xx/act/absent", ""),
            ("cites", "A-1, s. 3", "sec_1", "/akn/xx/act/OLD-1", "sec_3"),
            ("cites", "that Act", "sec_1", "", ""),
        ]
        held = {"jurisdiction": "xx", "kind": "act", "number": "A-1", "href": CITED, "title": "Note A-1"}
        assert [c["to"]["work"] for c in out] == [held, None, held, None]
        assert out[2]["from"]["href"] == f"{CITING}/en@2020-01-01/~sec_1"
        incoming = (await get(policy, f"{CITED}/citations?direction=in"))["items"]
        assert [(c["from"]["work"]["number"], c["from"]["lang"], c["relation"]) for c in incoming] == [
            ("R-2", "en", "enabled-by"), ("R-2", "en", "cites"), ("R-2", "fr", "enabled-by"),
        ]  # fmt: skip
        assert incoming[2]["to"]["work"]["title"] == "Loi A-1", "in the language of the citing text"
        assert (await get(policy, f"{CITED}/citations"))["items"] == [], "its own sections are not other works"


async def test_a_work_imported_later_is_found(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    await import_notes(clean_database.policy_url, write_notes(tmp_path / "one", {"en/R-2": LAW["en/R-2"]}))
    async with serving(clean_database.policy_url) as policy:
        before = (await get(policy, f"{CITING}/citations"))["items"]
        assert before[1]["to"]["work"] is None
        await import_notes(clean_database.policy_url, write_notes(tmp_path / "two", {"en/absent": note("absent")}))
        after = (await get(policy, f"{CITING}/citations"))["items"]
        assert after[1]["to"]["work"]["number"] == "absent"


async def test_pages_are_the_whole_list(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    await import_notes(clean_database.policy_url, write_notes(tmp_path / "law", LAW))
    async with serving(clean_database.policy_url) as policy:
        whole = (await get(policy, f"{CITING}/citations"))["items"]
        path, read = f"{CITING}/citations?limit=2", []
        while path:
            body = await get(policy, path)
            read += body["items"]
            path = body["page"]["next"]
        assert read == whole
        assert len(whole) == 5
        async with policy.get(f"{CITED}/citations?direction=sideways") as response:
            assert response.status == 400
