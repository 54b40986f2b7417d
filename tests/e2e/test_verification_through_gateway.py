"""A citation of the sample policies, checked by somebody without an account, through the gateway."""

import hashlib

import aiohttp

DAY = "/api/v1/policies/ca-port-lumen/by-law/2019-12/en@2020-01-01"


async def test_a_quotation_and_a_digest_are_checked(platform: str) -> None:
    async with aiohttp.ClientSession(platform) as client:
        async with client.get(f"{DAY}/~sec_2") as response:
            part = (await response.json())["provision"]
        items = [
            {"address": platform + f"{DAY}/~sec_2", "text": part["text"]},
            {"address": f"{DAY}/~sec_2", "sha256": part["hash"]},
            {"address": f"{DAY}/~sec_2", "text": part["text"] + " Not."},
        ]
        async with client.post("/api/v1/verify", json={"items": items}) as response:
            assert response.status == 200, await response.text()
            states = [item["state"] for item in (await response.json())["items"]]
        assert states == ["matched", "matched", "differs"]
        for address, digest in ((f"{DAY}/~sec_2", part["hash"]), (DAY, await _digest(client))):
            async with client.get("/api/v1/verify/material", params={"address": address}) as response:
                assert hashlib.sha256(await response.read()).hexdigest() == digest


async def _digest(client: aiohttp.ClientSession) -> str:
    async with client.get(DAY) as response:
        return str((await response.json())["content_hash"])
