"""Laws with a past: amended, corrected, taken out and withdrawn; and asking for them."""

from datetime import UTC, datetime
from typing import Any

import aiohttp

from tests.policy.notes import note

ROOT = "/api/v1/policies/xx/act"
LAW = f"{ROOT}/L-1"
OLD = {"in_force_from": "1990-05-01", "last_amended": "1995-06-01"}
SINCE = {"in_force_from": "2010-01-01"}
FIRST = [{"text": "Peace.", **OLD}, {"text": "Order.", **OLD}, {"text": "Calm.", **SINCE}, "Undated."]
SECOND = [{"text": "Peace.", **OLD}, {"text": "Good order.", **OLD}, {"text": "Calm.", **SINCE}, "Undated."]
LAWS = {
    "2020-02-01/en/L-1": note("L-1", day="2020-01-01", texts=FIRST),
    "2021-02-01/en/L-1": note("L-1", day="2021-01-01", texts=SECOND, title="Law of 2021"),
    "2022-02-01/en/L-1": note("L-1", day="2021-01-01", texts=[*SECOND[:3], "Mended."], title="Law of 2021"),
    "2022-02-01/fr/L-1": note("L-1", lang="fr", day="2021-01-01", texts=["La paix."], title="Loi"),
    "2021-02-01/en/M-1": note("M-1", day="2021-01-01", texts=["Only since 2021."]),
    "2022-02-01/en/P-1": note("P-1", day="2020-01-01", texts=["Taken out."]),
    "removed/2023-02-01/en/P-1": note("P-1", day="2020-01-01", texts=["Taken out."]),
    "2020-02-01/en/W-1": note("W-1", day="2020-01-01", texts=["Stays."]),
    "2021-02-01/en/W-1": note("W-1", day="2021-01-01", texts=["Goes."]),
    "2020-02-01/en/C-1": note("C-1", day="2020-01-01", kind="order",
                              texts=[{"text": "See L-1.", "references": [["/akn/xx/act/L-1", "L-1"]]}]),
    "2021-02-01/en/C-1": note("C-1", day="2021-01-01", kind="order", texts=["See nothing."]),
    "2020-02-01/en/X-1": note("X-1", day="2020-01-01", texts=["All of it goes."]),
}  # fmt: skip
TODAY = datetime.now(UTC).date()


async def get(policy: aiohttp.ClientSession, path: str) -> tuple[int, Any, Any]:
    """Status, body and headers of an answer; redirects are not followed."""
    async with policy.get(path, allow_redirects=False) as response:
        body = await response.json() if response.content_type.endswith("json") else await response.text()
        return response.status, body, response.headers
