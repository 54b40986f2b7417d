"""The Model Context Protocol as far as a server without state needs it: revisions, messages, faults. Pure.

Two eras are spoken. *Handshake* revisions open with `initialize`, which nothing here remembers: the header
`MCP-Protocol-Version` of each later request says what was agreed on. *Modern* revisions have no handshake: each
request carries its revision in `_meta`, and HTTP header fields repeat what stands in the body.
See https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MODERN = ("2026-07-28",)
HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26")
"""Newest first."""
BATCHES = "2025-03-26"
"""The one revision that knows batches; also what a request without the header speaks."""
MOST_IN_BATCH = 10

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
RESOURCE_NOT_FOUND = -32002
"""In handshake revisions; modern ones say INVALID_PARAMS."""
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Which parameter of a method the header Mcp-Name repeats."""

_BASE64 = ("=?base64?", "?=")


class Fault(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


@dataclass(frozen=True, slots=True)
class Message:
    """A request, or a notification when `id` is None."""

    id: str | int | None
    method: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Headers:
    """The header fields that repeat what stands in a body; None for those that are missing."""

    version: str | None
    method: str | None
    name: str | None


def id_of(value: Any) -> str | int | None:
    """The id of what may be a request, to answer with; None where it cannot be read."""
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) or (isinstance(found, int) and not isinstance(found, bool)) else None


def read_message(value: Any) -> Message | None:
    """One message; None for a response, which nobody here waits for. Raises Fault."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise Fault(INVALID_REQUEST, "Not a JSON-RPC 2.0 message.")
    if "method" not in value and "id" in value and ("result" in value) != ("error" in value):
        return None
    method, params = value.get("method"), value.get("params", {})
    if not isinstance(method, str):
        raise Fault(INVALID_REQUEST, "A message needs a method.")
    if not isinstance(params, dict):
        raise Fault(INVALID_REQUEST, "Parameters are given by name, in an object.")
    if "id" in value and id_of(value) is None:
        raise Fault(INVALID_REQUEST, "An id is a text or a whole number.")
    return Message(id_of(value), method, params)


def speaks_modern(value: Any, headers: Headers) -> bool:
    """Whether a body is to be read by the rules of modern revisions; raises Fault for a revision unknown here."""
    if headers.version is not None and headers.version not in MODERN + HANDSHAKE:
        raise unsupported(headers.version)
    return headers.version in MODERN or (isinstance(value, dict) and VERSION_KEY in _meta(value.get("params")))


def check_modern(message: Message, headers: Headers) -> None:
    """Hold a modern request's header fields against its body; raises Fault."""
    meta = _meta(message.params)
    missing = [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in meta]
    if missing:
        raise Fault(INVALID_PARAMS, f"params._meta lacks {' and '.join(missing)}.")
    version = meta[VERSION_KEY]
    pairs = [("MCP-Protocol-Version", headers.version, version), ("Mcp-Method", headers.method, message.method)]
    if message.method in NAMED_BY:
        pairs.append(("Mcp-Name", _plain(headers.name), message.params.get(NAMED_BY[message.method])))
    for name, sent, meant in pairs:
        if sent is None or sent != meant:
            raise Fault(HEADER_MISMATCH, f"The header {name} is missing, or differs from the body.")
    if version not in MODERN:
        raise unsupported(version)


def agreed_version(asked: Any) -> str:
    """What `initialize` answers to a client that asks for a revision; raises Fault."""
    if not isinstance(asked, str):
        raise Fault(INVALID_PARAMS, "protocolVersion is required.")
    return asked if asked in HANDSHAKE else HANDSHAKE[0]


def unsupported(version: str) -> Fault:
    """The fault for a revision that is not spoken here."""
    supported = [*MODERN, *HANDSHAKE]
    return Fault(UNSUPPORTED_VERSION, "Unsupported protocol version", {"supported": supported, "requested": version})


def _meta(params: Any) -> Mapping[str, Any]:
    meta = params.get("_meta") if isinstance(params, Mapping) else None
    return meta if isinstance(meta, dict) else {}


def _plain(value: str | None) -> str | None:
    """A header value without the Base64 that carries what is not plain ASCII; None for what cannot be decoded."""
    first, last = _BASE64
    if value is None or not (value.startswith(first) and value.endswith(last)):
        return value
    try:
        return base64.b64decode(value[len(first) : -len(last)], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
