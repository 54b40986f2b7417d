"""What schemathesis cannot know: how to sign in, and what no schema can say of a valid request.

An access token lives five minutes, and an operation that ends a session must not end the one that all others use.
"""

import gzip
import json
import os
import re
from datetime import date
from typing import Any

import requests
import schemathesis
from schemathesis import AuthContext, Case, GenerationMode, HookContext

PASSWORD = "seven quiet herons wade"
_WORK = "/api/v1/policies/ca-port-lumen/by-law/2016-04"
ADDRESSES = (
    f"{_WORK}/en@2024-07-01/~sec_5", f"{_WORK}/fr", f"https://law.example.org{_WORK}/en@2016-05-01",
    f"{_WORK}/en@2024-07-01/~sec_99", f"{_WORK}/en@1990-01-01", "/api/v1/policies/ca/act/A-1/en",
)  # fmt: skip
_REVIEW = re.compile(r"^/api/v1/(drafts/.*/(approve|return|publish|editors)\b|withdrawals$)")
_FORMAT = re.compile(r"\.(json|html|txt|md|xml)$")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@schemathesis.auth(refresh_interval=200, cache_by_key=lambda case, context: f"{_who(case)} {_ends_session(case)}")
class SignedIn:
    """Sends an access token of somebody who may do it: an editor writes drafts and imports, a reviewer decides on
    drafts, an administrator does the rest."""

    def get(self, case: Case[Any], context: AuthContext) -> str:
        address = os.environ["API_ADDRESS"] + "/api/v1/auth/login"
        body = {"email": os.environ[_who(case)], "password": os.environ["API_PASSWORD"]}
        answer = requests.post(address, json=body, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


def _who(case: Case[Any]) -> str:
    if _REVIEW.search(case.path):
        return "API_REVIEWER"
    return "API_EDITOR" if case.path.startswith(("/api/v1/drafts", "/api/v1/imports")) else "API_ADMIN"


def _ends_session(case: Case[Any]) -> bool:
    return case.path.endswith("/logout")


@schemathesis.hook
def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:
    """Keep requests that are to be valid to cursors that were given out, days of the calendar, and one format."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return case
    query, path = case.query or {}, case.path_parameters or {}
    query.pop("cursor", None)
    if "after" in query:
        query["after"] = int(query["after"]) % 2  # the log of changes has more than that, and refuses what is beyond
    if _FORMAT.search(case.formatted_path):
        query.pop("content", None)
    if "expression" in path:
        path["expression"] = _DAY.sub(_real, path["expression"])
        if "eid" in path:
            path["expression"] = _FORMAT.sub("", path["expression"])
    body: Any = case.body if isinstance(case.body, dict) else {}
    for held in (query, body, *body.get("items", ())):
        if "address" in held:
            held["address"] = ADDRESSES[len(held["address"]) % len(ADDRESSES)]
    if "display_name" in body and "email" in body:  # whoever opens an account; what may be guessed is refused
        body["password"] = PASSWORD
    return case


@schemathesis.deserializer("application/gzip")
def read_gzip(context: Any, response: Any) -> list[Any]:
    """The lines of a part of the bulk export."""
    return [json.loads(line) for line in gzip.decompress(response.content).splitlines()]


def _real(found: re.Match[str]) -> str:
    try:
        return date.fromisoformat(found[0]).isoformat()
    except ValueError:
        return "2024-02-29"
