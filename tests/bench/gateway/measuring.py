"""What every part of the gateway's benchmark is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.gateway.ours import gateway
from tests.bench.gateway.programs import Cores, Program
from tests.bench.gateway.rivals import rival
from tests.bench.gateway.sides import Side
from tests.bench.load import Target
from tests.bench.report import Report


@dataclass(frozen=True, slots=True)
class Bench:
    """Programs that all parts use, started when first asked for, and how much to measure."""

    folder: Path
    cores: Cores
    report: Report
    upstream: Program
    store: Program
    rivals: tuple[str, ...]
    """Those that are installed and wanted."""
    times: int
    rounds: int
    requests: int
    """How many the part about memory asks."""
    running: ExitStack
    _known: dict[str, Program] = field(default_factory=dict)

    def proxy(self, name: str) -> Program:
        """Our gateway as `ours`, else a rival; it runs until the end."""
        if name not in self._known:
            self.report.say(f"starting {name}")
            manager = (
                gateway(self.folder, self.cores, self.upstream.base, self.store)
                if name == "ours"
                else rival(name, self.folder, self.cores, self.upstream)
            )
            self._known[name] = self.running.enter_context(manager)
        return self._known[name]

    def side(self, name: str, path: str, headers: Callable[[], Mapping[str, str]] = dict) -> Side:
        """That proxy, asked for `path`."""
        program = self.proxy(name)
        return Side(program, Target(program.base, [path], headers), (self.store,) if name == "ours" else ())
