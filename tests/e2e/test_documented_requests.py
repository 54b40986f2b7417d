"""Every reading request of the README and the API guide answers 200 with the sample policies."""

import re
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).parents[2]
_COMMAND = re.compile(r"^curl -sL? (?:'([^']+)'|(\S+))", re.MULTILINE)


def _requests() -> list[str]:
    found: list[str] = []
    for page in (ROOT / "README.md", ROOT / "docs" / "api.md"):
        for quoted, bare in _COMMAND.findall(page.read_text(encoding="utf-8")):
            address = (quoted or bare).removeprefix("localhost:8080")
            if not address.startswith(("/api/v1/auth", "/health", "-")):
                found.append(address)
    return sorted(set(found))


def test_the_guides_have_examples() -> None:
    assert len(_requests()) >= 15


@pytest.mark.parametrize("address", _requests())
async def test_an_example_works(platform: str, address: str) -> None:
    async with aiohttp.ClientSession() as client, client.get(platform + address) as response:
        assert response.status == 200, await response.text()
        if "/search?" in address or "/suggest?" in address:
            assert (await response.json())["items"], "an example that finds nothing explains nothing"
