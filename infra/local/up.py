"""`openpolicy up`: from settings to a running stack, with every failure said in words."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import psycopg

from infra.db.migrations import MigrationFailed
from infra.local.binaries import BinaryNotFound
from infra.local.identity import NoIdentity
from infra.local.output import Output
from infra.local.plan import INSTALLATION, Plan
from infra.local.ports import PortTaken
from infra.local.postgres import PostgresFailed
from infra.local.process import StartFailed
from infra.local.secrets import SecretLost, SecretStore
from infra.local.settings import LocalSettings
from infra.local.state import AlreadyRunning, StackFolder
from infra.local.supervisor import Supervisor
from infra.local.welcome import Welcome

_SAID_IN_WORDS = (
    AlreadyRunning,
    BinaryNotFound,
    MigrationFailed,
    NoIdentity,
    PortTaken,
    PostgresFailed,
    SecretLost,
    StartFailed,
)


class CannotStart(Exception):
    """The stack did not come up; nothing of it runs. The message is for people."""


def open_plan(settings: LocalSettings, installation: Path = INSTALLATION) -> Plan:
    """The plan for `settings`, with every secret generated that was missing.

    Raises:
        SecretLost, BinaryNotFound, NoIdentity
    """
    secrets = SecretStore(settings.folder / "secrets")
    secrets.ensure(data_exists=(settings.folder / "postgres" / "data").exists())
    return Plan.make(settings, secrets, installation)


def run_stack(settings: LocalSettings, output: Output, installation: Path = INSTALLATION) -> None:
    """Runs the stack until it is asked to stop.

    Raises:
        CannotStart: it did not come up.
    """
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # "unknown child process": reaped by a signal we sent
    folder = StackFolder(settings.folder)
    try:
        folder.acquire()
        plan = open_plan(settings, installation)
        output.say(f"starting on {settings.folder}")
        asyncio.run(Supervisor(plan, folder, output).run(Welcome(plan, output).greet))
    except _SAID_IN_WORDS as error:
        raise CannotStart(str(error)) from None
    except psycopg.Error as error:
        raise CannotStart(f"the database cannot be used: {error}") from None
    except OSError as error:
        place = error.filename or settings.folder
        raise CannotStart(
            f"{place}: {error.strerror or error}. The data folder is {settings.folder}; OPENPOLICY_VAR names another."
        ) from None
