"""Defences that can be taken out of a platform under test, each with the test that must then fail.

Nothing of this is in the product: a defence is replaced in the test's own process, before the services start.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from types import SimpleNamespace

import pytest
from lxml import etree

from services.gateway.client import headers
from services.policy.imports import pool, worker, xml
from services.policy.imports.worker import Assignment

VARIABLE = "WITHOUT_DEFENCE"
"""Of the environment: the name of the defence that is out."""


@dataclass(frozen=True, slots=True)
class Defence:
    """Something that stands against a threat."""

    name: str
    threat: str
    removed: str
    """What is done to take it out, in words."""
    take_out: Callable[[pytest.MonkeyPatch], None]
    test: str
    """The node of pytest, below tests/security."""


def _keep_identity_fields(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(headers, "_SPOOFABLE", frozenset({"host"}))
    patch.setattr(headers, "_SPOOFABLE_PREFIXES", ())
    headers._of_request.cache_clear()


def _read_entities(patch: pytest.MonkeyPatch) -> None:
    def trusting(**_: object) -> etree.XMLParser:
        return etree.XMLParser(resolve_entities=True, no_network=False, load_dtd=True)

    patch.setattr(xml, "_check_prolog", lambda *_, **__: None)
    patch.setattr(xml, "etree", SimpleNamespace(**{**vars(etree), "XMLParser": trusting}))


DEFENCES = (
    Defence(
        "identity-fields",
        "spoofed identity headers",
        "the gateway passes X-Internal-Token and X-Forwarded-* of clients on",
        _keep_identity_fields,
        "test_spoofed_identity.py",
    ),
    Defence(
        "entity-declarations",
        "XXE and entity bombs",
        "the XML reader lets declarations of entities through, and resolves them",
        _read_entities,
        "test_hostile_uploads.py::test_entities_are_refused_and_no_file_of_ours_is_read",
    ),
)


def run_worker(assignment: Assignment, pipe: Pipe) -> None:
    """Stands in for the work of an import's process: there, too, the defence is taken out first."""
    take_out(os.environ[VARIABLE], pytest.MonkeyPatch())
    worker.run_worker(assignment, pipe)


def take_out(name: str, patch: pytest.MonkeyPatch) -> None:
    """Take out the defence of this name until `patch` is undone."""
    next(defence for defence in DEFENCES if defence.name == name).take_out(patch)
    patch.setattr(pool, "run_worker", run_worker)
