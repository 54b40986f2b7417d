"""RFC 9457 problem details: the one shape of every error answer."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from shared import errors
from shared.context import current_request_id

STATUS: dict[str, HTTPStatus] = {
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "invalid-request": HTTPStatus.BAD_REQUEST,
    "validation-failed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "second-factor-required": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "reauthentication-required": HTTPStatus.FORBIDDEN,
    "not-found": HTTPStatus.NOT_FOUND,
    "not-held": HTTPStatus.NOT_FOUND,
    "method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "not-acceptable": HTTPStatus.NOT_ACCEPTABLE,
    "conflict": HTTPStatus.CONFLICT,
    "gone": HTTPStatus.GONE,
    "precondition-failed": HTTPStatus.PRECONDITION_FAILED,
    "precondition-required": HTTPStatus.PRECONDITION_REQUIRED,
    "content-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "uri-too-long": HTTPStatus.REQUEST_URI_TOO_LONG,
    "headers-too-large": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "unsupported-media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "expectation-failed": HTTPStatus.EXPECTATION_FAILED,
    "too-many-requests": HTTPStatus.TOO_MANY_REQUESTS,
    "bad-gateway": HTTPStatus.BAD_GATEWAY,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "gateway-timeout": HTTPStatus.GATEWAY_TIMEOUT,
}
"""Problem type (the last part of `type`) to status. docs/errors.md explains each; a test holds the two together."""

_KIND_OF_STATUS = {status: kind for kind, status in reversed(STATUS.items())}

MEDIA_TYPE = "application/problem+json"


def kind_of_status(status: int) -> str:
    """The problem type for a bare HTTP status, for errors that aiohttp itself raises."""
    try:
        return _KIND_OF_STATUS[HTTPStatus(status)]
    except (KeyError, ValueError):
        return "internal" if status >= 500 else "invalid-request"


def problem_body(
    kind: str,
    *,
    detail: str = "",
    instance: str = "",
    field_errors: tuple[errors.FieldError, ...] = (),
    status: int = 0,
) -> dict[str, Any]:
    """The JSON members of a problem. `type` is relative to the platform, `/docs/errors#KIND`."""
    code = HTTPStatus(status) if status else STATUS[kind]
    body: dict[str, Any] = {"type": f"/docs/errors#{kind}", "title": code.phrase, "status": code.value}
    if detail:
        body["detail"] = detail
    if instance:
        body["instance"] = instance
    if field_errors:
        body["errors"] = [{"detail": e.detail, "pointer": e.pointer} for e in field_errors]
    body["request_id"] = current_request_id()
    return body


def problem_headers(error: errors.PlatformError) -> dict[str, str]:
    """Headers that belong to this error: Retry-After, WWW-Authenticate."""
    headers: dict[str, str] = {"Cache-Control": "no-store"}
    if isinstance(error, errors.RetryLater):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="openpolicy"'
    if isinstance(error, errors.MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    return headers


def problem_response(error: errors.PlatformError, request: web.BaseRequest) -> web.Response:
    """The answer for a domain error."""
    body = problem_body(error.kind, detail=error.detail, instance=request.rel_url.raw_path, field_errors=error.errors)
    body = {**error.members, **body}  # what every problem has is never overwritten
    return web.json_response(body, status=body["status"], content_type=MEDIA_TYPE, headers=problem_headers(error))
