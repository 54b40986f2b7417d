"""Every operation of the merged description, with a plausible request for it and the places where a text stands."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from yarl import URL

from tests.security.security_stack import Person, Platform

METHODS = frozenset({"get", "put", "post", "patch", "delete"})
_VALUES: dict[str, Any] = {
    "jurisdiction": "ca-port-lumen", "kind": "by-law", "number": "2016-04", "expression": "en@2024-07-01",
    "standing": "en@2024-07-01", "eid": "sec_5", "seq": "1", "lang": "en", "langs": "en,fr", "limit": "5",
    "q": "noise", "as_of": "2024-08-01", "known_at": "2026-01-01", "from": "2016-05-01", "to": "2024-07-01",
    "email": "nobody@example.org", "password": "plum-Orbit-94-tangerine", "display_name": "Nobody",
    "address": "/api/v1/policies/ca-port-lumen/by-law/2016-04/en@2024-07-01",
}  # fmt: skip
"""By name of a parameter or member; what is not here is made up from its schema."""
_UUID = "00000000-0000-4000-8000-000000000000"
Position = tuple[str, ...]
"""Where a text stands: ("query", name), ("path", name), ("header", name) or ("body", member, …)."""


@dataclass(slots=True)
class Operation:
    """A method at an address, and a request for it."""

    method: str
    template: str
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def name(self) -> str:
        """Method and address."""
        return f"{self.method} {self.template}"

    @property
    def role(self) -> str:
        """Somebody who may do it."""
        if self.template.endswith(("/approve", "/return", "/publish")) or self.template == "/api/v1/withdrawals":
            return "reviewer"
        return "editor" if self.template.startswith(("/api/v1/drafts", "/api/v1/imports")) else "admin"

    def positions(self) -> Iterator[Position]:
        """Every place of the request that holds a text."""
        for place, values in (("path", self.path), ("query", self.query), ("header", self.headers)):
            for name in values:
                yield place, name
        yield from (("body", *at) for at in _texts_in(self.body))

    def put(self, position: Position, text: str) -> Operation:
        """The same with `text` at that place. In addresses it stands as its percent-encoded bytes."""
        changed = copy.deepcopy(self)
        place, *names = position
        if place == "body":
            held = changed.body
            for name in names[:-1]:
                held = held[int(name) if isinstance(held, list) else name]
            held[int(names[-1]) if isinstance(held, list) else names[-1]] = text
        else:
            {"path": changed.path, "query": changed.query, "header": changed.headers}[place][names[0]] = text
        return changed

    def target(self) -> str:
        """Path and query as they go over the wire."""
        path = self.template
        for name, value in self.path.items():
            path = path.replace(f"{{{name}}}", _quoted(value))
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in self.query.items())
        return f"{path}?{query}" if query else path

    async def send(self, platform: Platform, by: Person | None) -> tuple[int, str]:
        """Status and text of the answer."""
        headers = {**self.headers, **(by.headers if by else {})}
        data = None
        if self.body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(self.body)  # lone surrogates go as escapes
        address = URL(platform.gateway + self.target(), encoded=True)
        async with platform.session.request(
            self.method, address, headers=headers, data=data, allow_redirects=False
        ) as response:
            return response.status, await response.text(errors="replace")


async def operations(platform: Platform) -> list[Operation]:
    """All operations that take JSON or nothing; streams are left out, since they do not end."""
    status, merged, _ = await platform.call("GET", "/api/v1/openapi.json")
    assert status == 200
    found = []
    for template, item in merged["paths"].items():
        for method in sorted(METHODS & item.keys()):
            operation = item[method]
            content = operation.get("requestBody", {}).get("content", {})
            if template.endswith("/events") and template.startswith("/api/v1/imports"):
                continue
            if content and "application/json" not in content:
                continue
            made = Operation(method.upper(), template)
            for given in [*item.get("parameters", ()), *operation.get("parameters", ())]:
                parameter = _resolved(given, merged)
                values = {"path": made.path, "query": made.query, "header": made.headers}[parameter["in"]]
                values[parameter["name"]] = str(_example(parameter["name"], parameter.get("schema", {}), merged))
            if content:
                made.body = _example("", content["application/json"]["schema"], merged)
            found.append(made)
    return found


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="~@")


def _texts_in(body: Any) -> Iterator[Position]:
    if isinstance(body, Mapping):
        for name, value in body.items():
            yield from ((name,),) if isinstance(value, str) else ((name, *rest) for rest in _texts_in(value))
    elif isinstance(body, list):
        for index, value in enumerate(body):
            at = str(index)
            yield from ((at,),) if isinstance(value, str) else ((at, *rest) for rest in _texts_in(value))


def _resolved(given: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in given:
        found: Any = document
        for part in given["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        given = found
    return given


def _example(name: str, schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    schema = _resolved(schema, document)
    for kind in ("oneOf", "anyOf", "allOf"):
        if kind in schema and "type" not in schema:
            return _example(name, next(s for s in schema[kind] if s.get("type") != "null"), document)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    wanted = schema.get("type", "string")
    wanted = wanted[0] if isinstance(wanted, list) else wanted
    if wanted == "object":
        return {member: _example(member, one, document) for member, one in schema.get("properties", {}).items()}
    if wanted == "array":
        return [_example(name, schema.get("items", {}), document)]
    if wanted in ("integer", "number"):
        return schema.get("minimum", 1)
    if wanted == "boolean":
        return True
    if schema.get("format") == "uuid":
        return _UUID
    if schema.get("format") == "date":
        return "2024-08-01"
    return _VALUES.get(name, schema.get("example", "abc"))
