"""The bulk export and the log of changes as a program outside reads them: through the gateway."""

import gzip
import hashlib

import aiohttp


async def test_a_copy_can_be_kept(platform: str) -> None:
    async with aiohttp.ClientSession(platform) as client:
        manifest = await (await client.get("/api/v1/bulk")).json()
        assert manifest["seq"] == manifest["last"] > 0
        lines = 0
        for part in manifest["parts"]:
            async with client.get(part["href"]) as response:
                assert (response.status, response.content_type) == (200, "application/gzip")
                plain = gzip.decompress(await response.read())
            assert hashlib.sha256(plain).hexdigest() == part["sha256"]
            lines += len(plain.splitlines())
        assert lines == manifest["versions"] > 0
        page = await (await client.get(manifest["changes"])).json()
        assert (page["items"], page["last"]) == ([], manifest["seq"])
