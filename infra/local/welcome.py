"""What happens once all is well: the sample policies, the link for the first admin, and the words that greet people."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from infra.local.output import Output
from infra.local.pids import MARKER
from infra.local.plan import Plan
from infra.local.programs import run_service_program

NO_ADMIN_NEEDED = 3  # exit code of `first-admin` when there is an admin already
SAMPLE_PATIENCE = 15.0  # seconds the greeting waits for the sample


class Welcome:
    """Greets at every start; imports the sample at the first."""

    def __init__(self, plan: Plan, output: Output) -> None:
        self._plan = plan
        self._output = output
        self._sample = plan.installation / "services" / "policy" / "sample"
        self._sample_mark = plan.settings.folder / "sample.done"

    async def greet(self, settled: Awaitable[float]) -> None:
        """Shows the banner once the stack has settled; returns when the sample is in, too.

        `settled` gives the seconds the start took.
        """
        sample = asyncio.create_task(self._import_sample())
        link = asyncio.create_task(self._admin_link())
        try:
            await asyncio.wait({sample, link}, timeout=SAMPLE_PATIENCE)
            self._output.raw(self._banner(await settled, await link, sample_pending=not sample.done()))
            await sample
        finally:
            for task in (sample, link):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _import_sample(self) -> None:
        if not self._plan.settings.openpolicy_sample or self._sample_mark.exists() or not self._sample.is_dir():
            return
        self._output.say("importing the sample policies")
        arguments = ("import", "akoma-ntoso", str(self._sample))
        environment, folder = self._environment("policy"), self._plan.installation
        result = await run_service_program("policy", arguments, environment, folder, self._output)
        if result.code == 0:
            self._sample_mark.touch()
        else:
            self._output.say(f"the sample policies were not imported (exit code {result.code}); the rest works")

    async def _admin_link(self) -> str | None:
        result = await run_service_program("auth", ("first-admin",), self._environment("auth"), self._plan.installation)
        if result.code == 0 and result.out:
            return result.out[-1]
        if result.code != NO_ADMIN_NEEDED:
            words = "\n".join(result.errors[-5:])
            self._output.say(f"could not ask for the first admin's link (exit code {result.code})\n{words}")
        return None

    def _environment(self, service: str) -> dict[str, str]:
        return self._plan.environment(service) | {MARKER: str(self._plan.settings.folder)}

    def _banner(self, seconds: float, link: str | None, *, sample_pending: bool) -> str:
        command = _as_typed("openpolicy")
        rows = [("Read", f"{self._plan.settings.address}/")]
        if sample_pending:
            rows.append(("", "the sample policies are still being imported"))
        if link:
            rows += [("First admin", link), ("", "this link works once; open it to choose a password")]
        rows += [
            ("Import", f"{command} import canada-laws ARCHIVE    (the laws of Canada)"),
            ("Look", f"{command} status"),
            ("Stop", "Ctrl-C"),
        ]
        body = "\n".join(f"  {title:<12} {text}" for title, text in rows)
        return f"\nOpen Policy Platform is ready after {seconds:.1f} s\n\n{body}\n\n"


def _as_typed(command: str) -> str:
    """What to type for one of our commands: its name, or its place in the environment that we run in."""
    if shutil.which(command):
        return command
    place = Path(sys.executable).parent / command
    return str(place.relative_to(Path.cwd())) if place.is_relative_to(Path.cwd()) else str(place)
