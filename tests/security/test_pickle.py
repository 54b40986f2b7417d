"""Nothing that can be made to run code is read from Redis, files or requests."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from redis.asyncio import Redis

from tests.security.security_stack import Platform
from tests.web.web_stack import ROOT

RUNNING = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "joblib"}
CALLS = {"eval", "exec", "compile", "__import__"}
_UNSAFE = {("yaml", "load"), ("yaml", "full_load"), ("yaml", "unsafe_load"), ("os", "system"), ("os", "popen")}


def sources() -> list[Path]:
    """Every module of the product."""
    return [path for folder in ("services", "shared", "infra") for path in (ROOT / folder).rglob("*.py")]


def findings(source: str) -> list[str]:
    """What in this source could run what it reads."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] in RUNNING]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in RUNNING:
            found.append(str(node.module))
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in CALLS:
                found.append(called.id)
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                found += [
                    f"{module}.{name}" for module, name in _UNSAFE if (called.value.id, called.attr) == (module, name)
                ]
            found += ["shell" for word in node.keywords if word.arg == "shell" and ast.unparse(word.value) != "False"]
    return found


def test_the_search_finds_what_it_should() -> None:
    bad = "import pickle\nfrom shelve import open\neval('1')\nimport yaml\nyaml.load('')\nrun('x', shell=True)\n"
    assert len(findings(bad)) == 5


def test_no_module_reads_objects_or_runs_text() -> None:
    assert len(sources()) > 200
    assert {str(path): found for path in sources() if (found := findings(path.read_text(encoding="utf-8")))} == {}


async def test_what_lies_in_redis_is_plain(platform: Platform) -> None:
    """Sessions as JSON, marks and counters as numbers: nothing that needs more than a parser of texts to be read."""
    person = await platform.person("reader", fresh=True)
    await platform.call("POST", "/api/v1/auth/logout", by=person)
    async with Redis.from_url(platform.redis_url) as redis:
        names = [name async for name in redis.scan_iter(count=1000)]
        kinds = {await redis.type(name) for name in names}
        values = [await redis.get(name) for name in names if await redis.type(name) == b"string"]
    assert names
    assert kinds <= {b"string", b"hash", b"zset", b"stream", b"list", b"set"}
    for value in values:
        assert value is not None
        json.loads(value)
