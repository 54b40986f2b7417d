"""The API's description as its reference page lays it out: operations by subject, each with its parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

METHODS = ("get", "post", "put", "patch", "delete")
_PUBLIC = "policies:read"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `values` says in short what it may be."""

    name: str
    place: str
    required: bool
    description: str
    values: str
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `body` names the fields of a JSON body; `curl` is a request that can be typed as it stands."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    permissions: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: tuple[Parameter, ...]
    answers: tuple[str, ...]
    curl: str
    address: str
    """Where a browser can try it; empty where that needs an account or a value that nobody can guess."""


def operations_of(documents: Mapping[str, Mapping[str, Any]], public_url: str) -> dict[str, list[Operation]]:
    """The operations of all descriptions by their tag, in the order of the descriptions."""
    found: dict[str, list[Operation]] = {}
    for document in documents.values():
        for path, item in document.get("paths", {}).items():
            if not path.startswith("/api/"):
                continue
            for method in METHODS:
                if method in item:
                    tag = next(iter(item[method].get("tags", ())), "other")
                    found.setdefault(tag, []).append(_operation(document, path, method, item, public_url))
    return found


def _operation(
    document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any], public_url: str
) -> Operation:
    said = item[method]
    parameters = tuple(
        _parameter(document, _resolved(document, one))
        for one in (*item.get("parameters", ()), *said.get("parameters", ()))
    )
    permissions = tuple(said.get("x-permission", ()))
    target = _target(path, parameters)
    open_to_all = permissions in ((), (_PUBLIC,))
    return Operation(
        method=method.upper(),
        path=path,
        anchor=said["operationId"],
        summary=said.get("summary", ""),
        description=said.get("description", ""),
        permissions=permissions,
        parameters=parameters,
        body=tuple(_fields(document, said.get("requestBody"))),
        answers=tuple(str(status) for status in said.get("responses", {})),
        curl=_curl(method, public_url + (target or path), bool(said.get("requestBody")), open_to_all),
        address=target if target and method == "get" and open_to_all else "",
    )


def _parameter(document: Mapping[str, Any], said: Mapping[str, Any]) -> Parameter:
    schema = _resolved(document, said.get("schema", {}))
    example = said.get("example", schema.get("example", schema.get("default", "")))
    if example == "" and schema.get("enum"):
        example = schema["enum"][0]
    required = bool(said.get("required"))
    return Parameter(said["name"], said["in"], required, said.get("description", ""), _values(schema), str(example))


def _fields(document: Mapping[str, Any], body: Mapping[str, Any] | None) -> Iterator[Parameter]:
    media: dict[str, Any] = (body or {}).get("content", {})
    first: dict[str, Any] = next(iter(media.values()), {})
    schema = _resolved(document, first.get("schema", {}))
    for name, said in schema.get("properties", {}).items():
        field = _resolved(document, said)
        required = name in schema.get("required", ())
        yield Parameter(name, "body", required, field.get("description", ""), _values(field), "")


def _values(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "")
    words = [" or ".join(kind) if isinstance(kind, list) else kind, schema.get("format", "")]
    bounds = [f"{name} {schema[name]}" for name in ("minimum", "maximum", "maxLength", "maxItems") if name in schema]
    return ", ".join(word for word in (*words, *bounds) if word)


def _resolved(document: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in said:
        found: Any = document
        for step in said["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        said = found
    return said


def _target(path: str, parameters: tuple[Parameter, ...]) -> str:
    """The path with the examples of what it needs; empty when one has none."""
    query = {}
    for one in parameters:
        if one.place == "path":
            if not one.example:
                return ""
            path = path.replace(f"{{{one.name}}}", quote(one.example, safe="@"))
        elif one.place == "query" and one.required:
            if not one.example:
                return ""
            query[one.name] = one.example
    return path + (f"?{urlencode(query)}" if query else "")


def _curl(method: str, address: str, has_body: bool, open_to_all: bool) -> str:
    words = ["curl"] if method == "get" else ["curl", "-X", method.upper()]
    words.append(f"'{address}'")
    if not open_to_all:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if has_body:
        words.append("-H 'Content-Type: application/json' -d @body.json")
    return " ".join(words)
