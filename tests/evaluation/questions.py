"""Measures search with questions: those of ObliQA's dev part over the passages of its 40 regulatory documents.

    python -m tests.evaluation.questions [--data FOLDER] [--limit N] [--connections N]

Loads the documents as policies into a database of its own, which is gone at the end, indexes them, and asks the policy
service's HTTP API. Prints MRR@10, Recall@10 (of the first right passage) and latencies. Exits 1 below the bar, 2 when
it cannot measure.
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from pydantic import SecretStr

from infra.db.bootstrap import bootstrap_blocking
from infra.local.launch import running as running_server
from infra.local.postgres import PostgresServer
from services.policy.app import create_app
from services.policy.search.indexer import index_pending
from services.policy.settings import PolicySettings
from shared.identity import ANONYMOUS
from shared.tokens import INTERNAL_HEADER, InternalTokens
from tests.conftest import free_port
from tests.evaluation.known_item import DEPTH, percentile
from tests.policy.search.search_corpus import Law, Part, insert
from tests.serving import running

DATA = Path(__file__).parents[3] / "shared/data/search_eval/obliqa"
QUESTIONS, DOCUMENTS = "ObliQA_dev.json", "StructuredRegulatoryDocuments.zip"
MRR_BAR = 0.66
_KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
_PASSWORD = "throw-away"

Found = tuple[int, float]
"""The place of the first right passage, 0 when it is not among DEPTH, and milliseconds."""


def laws(archive: Path) -> Iterator[Law]:
    """Each document as a work, each passage as a provision at the place it has in its document."""
    with zipfile.ZipFile(archive) as documents:
        for name in sorted(documents.namelist()):
            if not name.endswith(".json") or name.startswith("__MACOSX"):
                continue
            passages = json.loads(documents.read(name))
            parts = tuple(
                Part(f"{passage['PassageID']} #{place}", " ".join(passage["Passage"].split()))
                for place, passage in enumerate(passages)
            )
            number = str(passages[0]["DocumentID"])
            yield Law(number, f"Document {number}", parts, kind="regulation", jurisdiction="xx")


async def load(policy_url: str, archive: Path) -> int:
    """Write and index the documents; returns how many passages they have."""
    connection = await asyncpg.connect(policy_url)
    held = list(laws(archive))
    async with connection.transaction():
        await insert(connection, *held)
    await connection.close()
    await index_pending(policy_url)
    return sum(len(law.parts) for law in held)


async def measure(policy_url: str, questions: Sequence[dict[str, Any]], connections: int) -> list[Found]:
    """Ask every question, `connections` at a time."""
    settings = PolicySettings(
        internal_key=SecretStr(_KEY), cursor_key=SecretStr(_KEY), database_url=SecretStr(policy_url),
        redis_url=SecretStr("redis://127.0.0.1:1/0"), log_level="error",
    )  # fmt: skip
    tokens = InternalTokens(_KEY, "gateway")
    waiting = iter(questions)
    found: list[Found] = []
    async with running(create_app(settings)) as base, aiohttp.ClientSession(base) as session:

        async def work() -> None:
            for question in waiting:
                right = {(str(p["DocumentID"]), p["PassageID"]) for p in question["Passages"]}
                headers = {INTERNAL_HEADER: tokens.mint(ANONYMOUS, "policy")}
                params = {"q": question["Question"][:400], "lang": "en", "limit": str(DEPTH)}
                started = time.perf_counter()
                async with session.get("/api/v1/search", params=params, headers=headers) as response:
                    body = await response.json()
                    if response.status != 200:
                        raise SystemExit(f"{question['QuestionID']}: {response.status} {body}")
                places = [(i["work"]["number"], i["num"].rpartition(" #")[0]) for i in body["items"]]
                place = next((n for n, one in enumerate(places, 1) if one in right), 0)
                found.append((place, (time.perf_counter() - started) * 1000))

        await asyncio.gather(*(work() for _ in range(connections)))
    return found


def main() -> int:
    """Run the measurement; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the dataset's two files")
    parser.add_argument("--limit", type=int, help="ask only so many questions")
    parser.add_argument("--connections", type=int, default=2)
    options = parser.parse_args()
    if not (options.data / QUESTIONS).is_file() or not (options.data / DOCUMENTS).is_file():
        print(f"{options.data} has no ObliQA: nothing to measure with", file=sys.stderr)  # noqa: T201 - a program's output
        return 2
    questions = json.loads((options.data / QUESTIONS).read_text(encoding="utf-8"))[: options.limit]
    folder = Path(tempfile.mkdtemp(prefix="opp-"))
    folder.chmod(0o755)
    try:
        server = PostgresServer.locate(folder / "postgres", free_port(), _PASSWORD, "throwaway")
        log = folder / "postgres.log"
        with running_server(server, log, stop_signal=signal.SIGINT, identity=server.identity):
            return report(server, questions, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(server: PostgresServer, questions: Sequence[dict[str, Any]], options: argparse.Namespace) -> int:
    """Measure on `server` and print the figures; returns the exit code."""
    bootstrap_blocking(server.owner_url("postgres"), _PASSWORD, _PASSWORD)
    policy_url = server.owner_url("postgres").replace("openpolicy:", "openpolicy_policy:", 1)
    passages = asyncio.run(load(policy_url, options.data / DOCUMENTS))
    found = asyncio.run(measure(policy_url, questions, options.connections))
    mrr = sum(1 / place for place, _ in found if place) / len(found)
    recall = sum(bool(place) for place, _ in found) / len(found)
    p50, p95, p99 = (percentile([ms for _, ms in found], share) for share in (0.5, 0.95, 0.99))
    print(f"{len(found)} questions over {passages} passages: MRR@10 {mrr:.3f}, R@10 {recall:.3f}")  # noqa: T201 - as above
    print(f"{options.connections} connections: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")  # noqa: T201 - as above
    print("meets the bar" if mrr >= MRR_BAR else f"below the bar: {MRR_BAR}")  # noqa: T201 - as above
    return 0 if mrr >= MRR_BAR else 1


if __name__ == "__main__":
    sys.exit(main())
