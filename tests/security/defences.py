"""Defences that can be taken out of a platform under test, each with the test that must then fail.

Nothing of this is in the product: a defence is replaced in the test's own process, before the services start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from services.gateway.client import headers


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


DEFENCES = (
    Defence(
        "identity-fields",
        "spoofed identity headers",
        "the gateway passes X-Internal-Token and X-Forwarded-* of clients on",
        _keep_identity_fields,
        "test_spoofed_identity.py",
    ),
)


def take_out(name: str, patch: pytest.MonkeyPatch) -> None:
    """Take out the defence of this name until `patch` is undone."""
    next(defence for defence in DEFENCES if defence.name == name).take_out(patch)
