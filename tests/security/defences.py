"""Defences that can be taken out of a platform under test, each with the test that must then fail.

Nothing of this is in the product: a defence is replaced in the test's own process, before the services start.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from types import SimpleNamespace

import pytest
from lxml import etree

from services.auth.accounts.passwords import Passwords
from services.gateway.client import addresses, fields, headers
from services.policy.documents import render_html
from services.policy.editorial import service as drafts
from services.policy.imports import pool, worker, xml
from services.policy.imports.worker import Assignment
from services.web import csrf, forms, queries
from services.web.views import accounts
from shared import parse

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


def _trust_every_form(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(csrf, "_from_here", lambda _: True)
    patch.setattr(csrf.FormTokens, "check", lambda *_: None)


def _go_anywhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(accounts, "local_path", lambda target, fallback="/account": target or fallback)


def _believe_addresses(patch: pytest.MonkeyPatch) -> None:
    whole = (ipaddress.ip_network("0.0.0.0/0"),)
    origin_of = addresses.origin_of
    patch.setattr(fields, "origin_of", lambda request, _: origin_of(request, whole))


def _take_any_text(patch: pytest.MonkeyPatch) -> None:
    for module in (parse, forms, queries):
        patch.setattr(module, "is_clean", lambda _: True)


def _show_markup(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(render_html, "escape", str)


def _wait_without_bound(patch: pytest.MonkeyPatch) -> None:
    begin = Passwords.__init__
    patch.setattr(Passwords, "__init__", lambda self, pepper, **more: begin(self, pepper, **more | {"queue": 10_000}))


def _read_on_the_loop(patch: pytest.MonkeyPatch) -> None:
    async def at_once(function: Callable[..., object], *arguments: object) -> object:
        return function(*arguments)

    patch.setattr(drafts, "asyncio", SimpleNamespace(to_thread=at_once))


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
    Defence(
        "forms",
        "CSRF",
        "forms are taken whatever their origin, and without a token",
        _trust_every_form,
        "test_forged_forms.py::test_no_form_works_without_its_token_or_from_elsewhere",
    ),
    Defence(
        "local-addresses",
        "open redirect",
        "the sign-in page leads wherever `next` says",
        _go_anywhere,
        "test_open_redirects.py::test_after_signing_in",
    ),
    Defence(
        "peer-address",
        "X-Forwarded-For spoofing past the limiter",
        "the gateway believes X-Forwarded-For of every client",
        _believe_addresses,
        "test_forged_addresses.py::test_each_guess_claims_another_address",
    ),
    Defence(
        "clean-text",
        "NUL and lone surrogates",
        "texts are taken with any characters",
        _take_any_text,
        "test_text_that_is_none.py::test_in_every_text_of_the_api",
    ),
    Defence(
        "escaped-law",
        "stored XSS",
        "headings and numbers of provisions are written into pages as they are",
        _show_markup,
        "test_stored_scripts.py::test_no_page_holds_anything_that_runs",
    ),
    Defence(
        "bounded-passwords",
        "bcrypt flood",
        "any number of sign-ins may wait for a thread",
        _wait_without_bound,
        "test_login_flood.py",
    ),
    Defence(
        "beside-the-loop",
        "costly texts",
        "what an editor writes is read on the loop that answers everybody",
        _read_on_the_loop,
        "test_costly_questions.py::test_others_are_answered_while_a_costly_text_is_read",
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
