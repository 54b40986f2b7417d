"""`openpolicy status`: what runs, from the state file, and how it is, asked now."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from infra.local.pids import is_running
from infra.local.probes import Answer, ask, loopback
from infra.local.settings import LocalSettings
from infra.local.state import ProcessState, StackFolder, StackState

WELL, NOT_WELL, NOT_RUNNING = 0, 1, 3
_COLOURS = {"pass": "green", "warn": "yellow", "fail": "red"}
_SERVERS = {"postgres": "postgresql", "valkey": "redis"}  # and what the services call them in their health documents


@dataclass(frozen=True, slots=True)
class Row:
    """One process in the table; `health` is pass, warn or fail."""

    name: str
    pid: str
    uptime: str
    restarts: str
    health: str
    latency: str
    remark: str


def show_status(settings: LocalSettings) -> int:
    """Prints the table. Returns the exit code: 0 all pass, 1 not, 3 nothing runs."""
    console = Console(highlight=False)
    folder = StackFolder(settings.folder)
    state = folder.read()
    if state is None or not folder.is_held():
        console.print(f"openpolicy is not running on {settings.folder}. Start it with: openpolicy up", soft_wrap=True)
        return NOT_RUNNING
    rows = asyncio.run(inspect(state))
    table = Table("process", "pid", "uptime", "restarts", "health", "latency", "", box=None, pad_edge=False)
    for row in rows:
        colour = _COLOURS[row.health]
        health = f"[{colour}]{row.health}[/{colour}]"
        table.add_row(row.name, row.pid, row.uptime, row.restarts, health, row.latency, row.remark)
    console.print(f"{state.address}/  {state.phase}", soft_wrap=True)
    console.print(table)
    return WELL if state.phase == "ready" and all(row.health == "pass" for row in rows) else NOT_WELL


async def inspect(state: StackState) -> list[Row]:
    """Asks every process how it is, all at once."""
    found = await asyncio.gather(*(_inspect_process(process, state) for process in state.processes))
    rows = [row for row, _ in found]
    # Where a server is not ours, the services that use it tell how it is.
    documents = [answer.document for _, answer in found]
    rows += [_external(name, documents) for name in state.external]
    gateway = state.find("gateway")
    if gateway is not None:
        rows.append(_platform(await ask(loopback(state.gateway_host), gateway.port, "/health")))
    return rows


async def _inspect_process(process: ProcessState, state: StackState) -> tuple[Row, Answer]:
    answer = Answer(0, 0.0)
    if not process.pid or not is_running(process.process):
        health, remark = "fail", f"not running ({process.phase})"
    elif process.name in _SERVERS:
        seconds, problem = await _knock(process.port)
        answer = Answer(0, seconds)
        health, remark = ("fail", problem) if problem else ("pass", "")
    elif not process.port:
        health, remark = "pass", ""  # it listens nowhere; the policy service complains when it gives no sign of life
    else:
        host = loopback(state.gateway_host) if process.name == "gateway" else "127.0.0.1"
        # The gateway's /health is the platform's and has a line of its own.
        path = "/readyz" if process.name == "gateway" else "/health"
        answer = await ask(host, process.port, path)
        health = str(answer.document.get("status", "pass" if answer.ok else "fail"))
        health = health if health in _COLOURS else "fail"
        remark = answer.problem or ("" if health == "pass" else _complaints(answer))
    if process.phase != "up" and health == "pass":
        health, remark = "warn", process.phase
    running = health != "fail" or is_running(process.process)
    return Row(
        process.name,
        str(process.pid) if running else "",
        _duration(time.time() - process.since) if running else "",
        str(process.restarts),
        health,
        f"{answer.seconds * 1000:.1f} ms" if answer.seconds else "",
        remark,
    ), answer


async def _knock(port: int) -> tuple[float, str]:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(2):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError as error:  # a timeout is one, too
        return 0.0, f"does not answer on port {port}: {error.strerror or 'no answer within 2 s'}"
    seconds = time.perf_counter() - began
    writer.close()
    return seconds, ""


def _external(name: str, documents: list[dict[str, object]]) -> Row:
    word = _SERVERS[name]
    entries = []
    for document in documents:
        checks = document.get("checks")
        if isinstance(checks, dict):
            entries += [entry for key, found in checks.items() if key.startswith((word, name)) for entry in found]
    order = ["pass", "warn", "fail"]
    worst = max((entry["status"] for entry in entries), key=order.index, default="warn")
    times = [entry["observedValue"] for entry in entries if isinstance(entry.get("observedValue"), int | float)]
    latency = f"{max(times):.1f} ms" if times else ""
    return Row(name, "", "", "", worst, latency, "an existing server" if entries else "no service speaks of it")


def _platform(answer: Answer) -> Row:
    health = str(answer.document.get("status", "fail"))
    health = health if health in _COLOURS else "fail"
    remark = answer.problem or ("as the gateway sees it" if health == "pass" else _complaints(answer))
    return Row("platform", "", "", "", health, f"{answer.seconds * 1000:.1f} ms", remark)


def _complaints(answer: Answer) -> str:
    checks = answer.document.get("checks")
    if not isinstance(checks, dict):
        return f"HTTP {answer.status}" if answer.status else ""
    return "; ".join(
        f"{name}: {entry.get('output') or entry.get('status')}"
        for name, entries in checks.items()
        for entry in entries
        if entry.get("status") != "pass"
    )


def _duration(seconds: float) -> str:
    whole = max(0, int(seconds))
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
