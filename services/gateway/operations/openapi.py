"""One description of the whole API, merged from what the services say of themselves."""

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from shared import errors
from shared.client import ServiceClient
from shared.log import get_logger

PATH = "/internal/openapi.json"
_KEEP_SECONDS = 30.0
_KEEP_PARTIAL_SECONDS = 2.0
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_log = get_logger("gateway.openapi")

_OWN_ANSWERS = {
    "400": "A request that cannot be understood",
    "401": "An access token that is wrong, expired or revoked",
    "414": "An address that is too long",
    "429": "Too many requests; `Retry-After` says in how many seconds to come back",
    "431": "Header fields that are too large",
    "502": "The service behind answered nonsense",
    "503": "The service behind is away",
    "504": "The service behind did not answer in time",
}
"""What the gateway may answer in place of any operation."""
_OWN_ANSWERS_TO_BODIES = {
    "413": "A body that is too large",
    "415": "A body of another type or encoding",
}
_PROBLEM = "GatewayProblem"


class ApiDescription:
    """Fetches, merges and keeps the description; a service that is away is left out until it is back."""

    def __init__(self, services: Mapping[str, ServiceClient], public_url: str) -> None:
        self._services = services
        self._public_url = public_url
        self._lock = asyncio.Lock()
        self._body = b""
        self._etag = ""
        self._good_until = float("-inf")

    async def current(self) -> tuple[bytes, str]:
        """The description as JSON, and its ETag."""
        async with self._lock:
            if time.monotonic() > self._good_until:
                await self._fetch()
            return self._body, self._etag

    async def _fetch(self) -> None:
        found = await asyncio.gather(*(self._ask(name, client) for name, client in self._services.items()))
        documents = {name: document for name, document in found if document is not None}
        merged = merge(documents, self._public_url)
        self._body = json.dumps(merged, ensure_ascii=False, separators=(",", ":")).encode()
        self._etag = f'"{hashlib.sha256(self._body).hexdigest()}"'
        complete = len(documents) == len(self._services)
        self._good_until = time.monotonic() + (_KEEP_SECONDS if complete else _KEEP_PARTIAL_SECONDS)

    async def _ask(self, name: str, client: ServiceClient) -> tuple[str, dict[str, Any] | None]:
        try:
            async with asyncio.timeout(2):
                document, _ = await client.get(PATH)
        except (errors.PlatformError, TimeoutError, ValueError) as error:
            _log.info("no_description", service=name, error=type(error).__name__)
            return name, None
        return name, document if isinstance(document, dict) else None


def merge(documents: Mapping[str, Mapping[str, Any]], public_url: str) -> dict[str, Any]:
    """One OpenAPI 3.1 document. Components of equal names and different contents get the service's name in front."""
    merged: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Open Policy Platform",
            "version": "1",
            "description": "Search, read and compare public policy. Errors are RFC 9457 problems.",
        },
        "servers": [{"url": public_url.rstrip("/")}],
        "tags": [],
        "paths": {},
        "components": {},
    }
    for service, document in documents.items():
        renamed = _clashes(merged["components"], document.get("components", {}), service)
        body = _rewrite(dict(document), renamed)
        for path, item in body.get("paths", {}).items():
            merged["paths"].setdefault(path, {}).update(_with_security(item, body.get("security")))
        for kind, entries in body.get("components", {}).items():
            target = merged["components"].setdefault(kind, {})
            for name, entry in entries.items():
                target[renamed.get(f"#/components/{kind}/{name}", f"/{name}").rpartition("/")[2]] = entry
        known = {tag["name"] for tag in merged["tags"]}
        merged["tags"] += [tag for tag in body.get("tags", []) if tag.get("name") not in known]
    _add_own_answers(merged)
    return merged


def _add_own_answers(merged: dict[str, Any]) -> None:
    merged["components"].setdefault("schemas", {})[_PROBLEM] = {
        "type": "object",
        "required": ["type", "title", "status", "request_id"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"}, "instance": {"type": "string"}, "request_id": {"type": "string"},
        },
    }  # fmt: skip
    for item in merged["paths"].values():
        for method, operation in item.items():
            if method in _METHODS and isinstance(operation, dict):
                more = _OWN_ANSWERS | (_OWN_ANSWERS_TO_BODIES if "requestBody" in operation else {})
                own = {status: _own_answer(said) for status, said in more.items()}
                operation["responses"] = own | operation.get("responses", {})


def _own_answer(said: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{_PROBLEM}"}
    return {"description": said, "content": {"application/problem+json": {"schema": schema}}}


def _clashes(held: Mapping[str, Any], components: Mapping[str, Any], service: str) -> dict[str, str]:
    return {
        f"#/components/{kind}/{name}": f"#/components/{kind}/{service.capitalize()}{name}"
        for kind, entries in components.items()
        for name, entry in entries.items()
        if name in held.get(kind, {}) and held[kind][name] != entry
    }


def _rewrite(node: Any, renamed: Mapping[str, str]) -> Any:
    """A copy of `node` whose references follow the renamed components."""
    if isinstance(node, dict):
        return {
            key: renamed.get(value, value) if key == "$ref" and isinstance(value, str) else _rewrite(value, renamed)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_rewrite(value, renamed) for value in node]
    return node


def _with_security(item: Mapping[str, Any], security: Any) -> dict[str, Any]:
    """A path whose operations carry the security that their document gave to all of its own."""
    if security is None:
        return dict(item)
    return {
        key: {"security": security, **value} if key in _METHODS and isinstance(value, dict) else value
        for key, value in item.items()
    }
