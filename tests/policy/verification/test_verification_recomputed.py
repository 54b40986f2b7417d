"""A third party makes the digests anew, from what docs/api.md says of them and from nothing else."""

import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.conftest import Databases
from tests.policy.notes import note, write_notes
from tests.policy.policy_service import import_notes, serving

ACT = "/api/v1/policies/xx/act/A-1"
REGULATION = "/api/v1/policies/xx/regulation/R-1/fr@2020-01-01"
PARTS = [
    {"kind": "part", "eid": "part_1", "level": 0, "num": "Partie 1", "heading": "Généralités", "content": ""},
    {"eid": "sec_1", "level": 1, "num": "1", "note": "But", "text": "L’ordre.", "status": "not-in-force"},
]
LAW = {
    "fr/R-1": note(
        "R-1", lang="fr", kind="regulation", title="Règlement", long_title="Règlement sur l’ordre",
        citations=["DORS/20-1"], subjects=["ordre", "paix"], enabling=["/akn/xx/act/A-1", "/akn/xx/act/A-1/~sec_1"],
        texts=PARTS,
    ),
    "en/A-1": note("A-1", enabling=["/akn/xx/act/B-1/eng@2019-01-01"]),
}  # fmt: skip


@pytest.fixture(scope="module")
async def policy(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[aiohttp.ClientSession]:
    database = databases.create()
    await import_notes(database.policy_url, write_notes(tmp_path_factory.mktemp("law"), LAW))
    async with serving(database.policy_url) as session:
        yield session


async def read(policy: aiohttp.ClientSession, address: str) -> Any:
    async with policy.get(address) as response:
        assert response.status == 200
        return await response.json()


async def material(policy: aiohttp.ClientSession, address: str) -> bytes:
    async with policy.get("/api/v1/verify/material", params={"address": address}) as response:
        assert (response.status, response.content_type) == (200, "application/octet-stream")
        data = await response.read()
        assert response.headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
        return data


async def test_a_provision_by_its_fields(policy: aiohttp.ClientSession) -> None:
    """Six fields, joined by NUL; the test knows the markup, since it wrote it."""
    part = (await read(policy, f"{REGULATION}/~sec_1"))["provision"]
    fields = [part["lang"], part["kind"], part["num"], part["heading"], part["note"], "<p>L’ordre.</p>"]
    assert hashlib.sha256("\0".join(fields).encode("utf-8")).hexdigest() == part["hash"]


async def test_a_version_by_its_fields(policy: aiohttp.ClientSession) -> None:
    version = await read(policy, REGULATION)
    links = (await read(policy, "/api/v1/policies/xx/regulation/R-1/citations?relation=enabled-by"))["items"]
    references = [
        [link["to"]["frbr_uri"] + (f"/~{link['to']['eid']}" if link["to"]["eid"] else ""), link["label"]]
        for link in links
    ]
    head = [
        version["title"], version["long_title"], version["citations"], version["subjects"], version["status"],
        str(version["dates"]["in_force"]["from"]), str(version["dates"]["last_amended"]), references,
    ]  # fmt: skip
    expected = json.dumps(head).encode()
    for part in version["provisions"]:
        line = [part["level"], part["eid"], part["status"], part["in_force_from"], part["in_force_to"], None]
        expected += bytes.fromhex(part["hash"]) + "\0".join(map(str, line)).encode() + b"\n"
    assert hashlib.sha256(expected).hexdigest() == version["content_hash"]
    assert await material(policy, REGULATION) == expected


async def test_the_material_holds_the_markup(policy: aiohttp.ClientSession) -> None:
    data = await material(policy, f"https://law.example{REGULATION}/~sec_1")
    assert data.decode().split("\0") == ["fr", "section", "1", "", "But", "<p>L’ordre.</p>"]
    part = (await read(policy, f"{REGULATION}/~sec_1"))["provision"]
    assert hashlib.sha256(data).hexdigest() == part["hash"]


async def test_what_is_not_here_has_no_material(policy: aiohttp.ClientSession) -> None:
    for address, status, kind in (
        (f"{ACT}/en@1999-01-01", 404, "not-held"),
        (f"{ACT}/en@2020-01-01/~sec_9", 404, "not-found"),
        ("nowhere", 400, "invalid-request"),
        # Its reference names an edition, which is not stored: the digest cannot be made anew, and that is said.
        (f"{ACT}/en@2020-01-01", 404, "not-held"),
    ):
        async with policy.get("/api/v1/verify/material", params={"address": address}) as response:
            assert response.status == status
            assert (await response.json())["type"].rpartition("#")[2] == kind
