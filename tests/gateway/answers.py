"""Reading what the gateway answered on a plain socket."""

import json
import re


def status_lines(answer: bytes) -> int:
    """How many responses `answer` holds."""
    return len(re.findall(rb"HTTP/1\.[01] [0-9]{3} ", answer))


def problem(answer: bytes) -> tuple[int, dict[str, object]]:
    """Status and problem of the only response in `answer`."""
    assert status_lines(answer) == 1, answer
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower(), answer
    parsed: dict[str, object] = json.loads(body)
    assert parsed["request_id"], "every problem names its request"
    assert f"X-Request-ID: {parsed['request_id']}\r\n".encode() in head
    return int(head.split(b" ")[1]), parsed
