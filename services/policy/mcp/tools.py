"""The tools: their names, what they say of themselves, and how they are called. All of them only read."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.policy.mcp import answers, arguments
from services.policy.mcp.answers import Answer
from services.policy.mcp.arguments import Arguments
from services.policy.mcp.changes import diff, timeline
from services.policy.mcp.domain import INVALID_PARAMS, Fault
from services.policy.mcp.finding import search, verify
from services.policy.mcp.holdings import Holdings
from services.policy.mcp.reading import outline, provision
from shared.errors import PlatformError, RetryLater
from shared.parse import field_errors

Call = Callable[[Holdings, Any], Awaitable[tuple[str, Answer]]]
_ANNOTATIONS = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as it is listed and called."""

    name: str
    title: str
    description: str
    asked: type[Arguments]
    answered: type[Answer]
    call: Call


TOOLS = (
    Tool(
        "search", "Search policies",
        "Search laws, regulations, by-laws and motions by words, title, citation or question. Each result has the "
        "address to cite, its date, whether it is in force, and a snippet. Read a result with `provision` before "
        "quoting it.",
        arguments.Search, answers.SearchAnswer, search,
    ),
    Tool(
        "provision", "Read a provision",
        "The exact words of one provision, today or on a past day, with its permanent address, date, status and "
        "SHA-256. Quote these words and give the address; say so when the text is not in force or not the current one.",
        arguments.Provision, answers.ProvisionAnswer, provision,
    ),
    Tool(
        "outline", "List the contents of a policy",
        "The table of contents of a policy on a day: each provision with its eid, number, heading and status.",
        arguments.Outline, answers.OutlineAnswer, outline,
    ),
    Tool(
        "timeline", "List the versions of a policy",
        "The texts held of a policy, newest first: since when each stands, what amended it, how much changed.",
        arguments.Timeline, answers.TimelineAnswer, timeline,
    ),
    Tool(
        "diff", "Compare two versions of a policy",
        "What changed in a policy between two days, provision by provision and word by word.",
        arguments.Diff, answers.DiffAnswer, diff,
    ),
    Tool(
        "verify", "Check citations",
        "Whether what is cited at an address stands there, by its SHA-256 or its words: matched, differs, not-held "
        "(nothing can be said here) or not-found (the text is held and has no such provision).",
        arguments.Verify, answers.VerifyAnswer, verify,
    ),
)  # fmt: skip
_BY_NAME = {tool.name: tool for tool in TOOLS}


def listed() -> list[dict[str, Any]]:
    """All tools as `tools/list` gives them, always in the same order."""
    return [
        {
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": arguments.input_schema(tool.asked),
            "outputSchema": answers.output_schema(tool.answered),
            "annotations": {"title": tool.title, **_ANNOTATIONS},
        }
        for tool in TOOLS
    ]


async def call(holdings: Holdings, name: Any, given: Any) -> dict[str, Any]:
    """The result of `tools/call`. What the caller can mend is told in the result; raises Fault for the rest."""
    tool = _BY_NAME.get(name) if isinstance(name, str) else None
    if tool is None:
        raise Fault(INVALID_PARAMS, f"Unknown tool; there are {', '.join(_BY_NAME)}.")
    if not isinstance(given, dict):
        raise Fault(INVALID_PARAMS, "The arguments of a tool are an object.")
    try:
        asked = tool.asked.model_validate(given)
    except ValidationError as error:
        return _failed("\n".join(f"{e.pointer or 'arguments'}: {e.detail}" for e in field_errors(error, "")))
    try:
        text, answer = await tool.call(holdings, asked)
    except RetryLater as error:
        return _failed(f"{error.detail} Try again in {max(1, round(error.retry_after))} s.")
    except PlatformError as error:
        return _failed("\n".join([error.detail, *(f"{e.pointer}: {e.detail}" for e in error.errors)]))
    return {
        "content": [{"type": "text", "text": text}],
        "structuredContent": answer.model_dump(mode="json"),
        "isError": False,
    }


def _failed(said: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": said}], "isError": True}
