"""docs/accounts.md works as it is written: its commands are run one after the other, as a reader would."""

import asyncio
import json
import re
import shutil
from pathlib import Path

import pyotp
import pytest

from infra.db.addresses import DatabaseUrls
from tests.mailbox import mailed_token

PAGE = Path(__file__).parents[2] / "docs" / "accounts.md"
TOOLS = ("bash", "curl", "jq")
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMISED = re.compile(r"%\{http_code\}.*# (\d{3})$", re.MULTILINE)


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")
async def test_from_an_account_to_a_key_and_its_end(
    platform: str, library_database: DatabaseUrls, email: str, tmp_path: Path
) -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## From an account to a key")[2].partition("\n## ")[0]
    script = "\n".join(_BLOCK.findall(section))
    promised = _PROMISED.findall(script)
    assert len(promised) >= 5
    for shown, real in (("localhost:8080", platform), ("ada@example.org", email)):
        assert shown in script
        script = script.replace(shown, real)
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script,
        cwd=tmp_path, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    async with asyncio.timeout(60):
        token = await mailed_token(library_database, email)  # what a reader finds in their mailbox, and types
        process.stdin.write(f"{token}\n".encode())
        out = b""
        while not (line := await process.stdout.readline()).startswith(b"otpauth:"):
            assert line, out
            out += line
        app = pyotp.TOTP(json.loads((tmp_path / "enrolment.json").read_text())["secret"])
        process.stdin.write(f"{app.now()}\n".encode())
        rest, err = await process.communicate()
    said = (out + rest).decode()
    assert process.returncode == 0, said + err.decode()
    lines = said.splitlines()
    assert re.findall(r"(?:^|\})(\d{3})$", said, re.MULTILINE) == promised, said
    assert "Ada" in lines
    assert len((tmp_path / "recovery-codes.txt").read_text().split()) == 10
