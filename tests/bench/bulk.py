"""The bulk export: how long, how large, and the memory of the service while it streams."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.request
import zlib
from collections.abc import Callable
from typing import Any

from tests.bench.measuring import Bench
from tests.bench.processor import resident
from tests.bench.stack import CannotMeasure

_CHUNK = 65_536
_GROWTH_MIB = 64.0
_PATIENCE = 300.0


def measure(bench: Bench) -> None:
    """Fetch every part, each checked against the manifest; watch the service's memory."""
    pid = bench.stack.pid("policy")
    before = resident(pid)
    bench.report.say("bulk: waiting for the manifest to name everything")
    started = time.perf_counter()
    parts = _manifest(bench)["parts"]
    prepared = time.perf_counter() - started
    most, wrong, size = before, 0, 0

    def watch(chunk: bytes) -> None:
        nonlocal most, size
        most = max(most, resident(pid))
        size += len(chunk)

    started = time.perf_counter()
    for at, part in enumerate(parts, 1):
        if at % 10 == 0:
            bench.report.say(f"bulk: part {at} of {len(parts)}, the service has {resident(pid):.0f} MiB")
        wrong += _digest(bench.stack.gateway + part["href"], watch) != part["sha256"]
    seconds = time.perf_counter() - started
    bench.report.table(
        "Bulk export through the gateway",
        ("parts", "MB", "manifest s", "all parts s", "MiB before", "MiB at most", "MiB after"),
        [[len(parts), size / 1e6, prepared, seconds, before, most, resident(pid)]],
    )
    bench.report.bar("bulk: parts that are not what the manifest says", float(wrong), 0)
    bench.report.bar("bulk: the service's memory grows at most by", most - before, _GROWTH_MIB, unit=" MiB")


def _manifest(bench: Bench) -> dict[str, Any]:
    """The manifest once it names every change, since it may answer with the parts that are ready before."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{bench.stack.gateway}/api/v1/bulk", timeout=120) as answer:  # noqa: S310 - as below
            found: dict[str, Any] = json.load(answer)
        if found["seq"] >= found["last"]:
            return found
        bench.report.say(f"bulk: {len(found['parts'])} parts are ready")
        time.sleep(1)
    raise CannotMeasure("the manifest was not complete in time")


def _digest(address: str, watch: Callable[[bytes], None]) -> str:
    digest, unpack = hashlib.sha256(), zlib.decompressobj(wbits=31)
    with urllib.request.urlopen(address, timeout=120) as answer:  # noqa: S310 - our own address
        while chunk := answer.read(_CHUNK):
            digest.update(unpack.decompress(chunk))
            watch(chunk)
    digest.update(unpack.flush())
    return digest.hexdigest()
