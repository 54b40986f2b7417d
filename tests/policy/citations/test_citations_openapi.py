"""The answers about citations are as openapi.yaml describes them."""

from pathlib import Path

import pytest

from infra.db.addresses import DatabaseUrls
from tests.policy.answers import described, expect_described
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

CITED = "/api/v1/policies/xx/act/A-1"
CITING = "/api/v1/policies/xx/regulation/R-2"
REFERENCES = [["/akn/xx/act/A-1/~sec_1", "section 1"], ["/akn/xx/act/A-2", "another"], ["", "that Act"]]
LAW = {
    "en/A-1": note("A-1"),
    "en/R-2": note("R-2", kind="regulation", enabling=["/akn/xx/act/A-1"],
                   texts=[{"text": "x", "references": REFERENCES}]),
}  # fmt: skip
ANSWERS = [
    (f"{CITING}/citations?count=exact", 200),
    (f"{CITED}/citations?direction=in&relation=cites", 200),
    (f"{CITED}/citations?state=some", 400),
    (f"{CITED}/impact?depth=2", 200),
    (f"{CITED}/impact?depth=9", 400),
    ("/api/v1/policies/xx/act/none/impact", 404),
]


async def test_answers_are_as_described(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    await import_notes(clean_database.policy_url, write_notes(tmp_path / "law", LAW))
    openapi = described()
    async with serving(clean_database.policy_url) as policy:
        for path, status in ANSWERS:
            await expect_described(policy, openapi, "GET", path, status)
        with pytest.raises(AssertionError):
            await expect_described(policy, openapi, "GET", f"{CITED}/impact", 404)
