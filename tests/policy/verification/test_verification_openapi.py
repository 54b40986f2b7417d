"""The answers about citations to verify are as openapi.yaml describes them."""

from pathlib import Path

from infra.db.addresses import DatabaseUrls
from tests.policy.answers import described, expect_described
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

VERIFY = "/api/v1/verify"
SECTION = "/api/v1/policies/xx/act/A-1/en@2020-01-01/~sec_1"
ZEROS = "0" * 64


async def test_answers_are_as_described(clean_database: DatabaseUrls, tmp_path: Path) -> None:
    await import_notes(clean_database.policy_url, write_notes(tmp_path / "law", {"en/A-1": note("A-1")}))
    openapi = described()
    async with serving(clean_database.policy_url) as policy:
        await expect_described(policy, openapi, "GET", f"{VERIFY}?address={SECTION}&sha256={ZEROS}", 200)
        await expect_described(policy, openapi, "GET", f"{VERIFY}?address={SECTION}&sha256=0", 400)
        await expect_described(policy, openapi, "GET", f"{VERIFY}/material?address={SECTION}", 200)
        await expect_described(policy, openapi, "GET", f"{VERIFY}/material?address={SECTION}9", 404)
        items = [
            {"address": SECTION, "text": "One."},
            {"address": SECTION, "sha256": ZEROS},
            {"address": SECTION + "9", "sha256": ZEROS},
            {"address": SECTION.replace("A-1", "A-2"), "sha256": ZEROS},
        ]
        await expect_described(policy, openapi, "POST", VERIFY, 200, body={"items": items})
        await expect_described(policy, openapi, "POST", VERIFY, 422, body={"items": []})
        await expect_described(policy, openapi, "POST", VERIFY, 400, body=[])
