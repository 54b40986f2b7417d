"""docs/accounts.md works as it is written: its commands are run one after the other, as a reader would."""

import asyncio
import re
import secrets
import shutil
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "accounts.md"
TOOLS = ("bash", "curl", "jq")
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMISED = re.compile(r"%\{http_code\}.*# (\d{3})$", re.MULTILINE)


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")
async def test_from_an_account_to_a_key_and_its_end(platform: str, tmp_path: Path) -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## From an account to a key")[2].partition("\n## ")[0]
    script = "\n".join(_BLOCK.findall(section))
    promised = _PROMISED.findall(script)
    assert len(promised) >= 5
    for shown, real in (("localhost:8080", platform), ("ada@example.org", f"{secrets.token_hex(8)}@example.org")):
        assert shown in script
        script = script.replace(shown, real)
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script,
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    said = out.decode()
    assert process.returncode == 0, said + err.decode()
    lines = said.splitlines()
    assert [line for line in lines if re.fullmatch(r"\d{3}", line)] == promised, said
    assert "Ada" in lines
