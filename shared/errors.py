"""The kinds of error a domain raises. Each kind becomes one RFC 9457 problem type (see `shared.problems`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one part of the input.

    `pointer` is a JSON pointer into the body (`#/email`) or the name of a parameter (`limit`).
    """

    detail: str
    pointer: str


class PlatformError(Exception):
    """A failure that its reader can understand. `detail` is shown to them, so it never carries secrets or internals.

    `members` are what this very problem tells beyond that, as JSON beside `detail` (RFC 9457, extension members).
    """

    kind = "internal"
    told_by = ""
    """The service whose answer this is, where it was asked on a caller's behalf; empty for one of our own."""

    def __init__(
        self, detail: str = "", *, errors: tuple[FieldError, ...] = (), members: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.members: Mapping[str, Any] = members or {}


class Invalid(PlatformError):
    """The request is malformed: bad syntax, unknown or ill-typed parameter."""

    kind = "invalid-request"


class Unprocessable(PlatformError):
    """The request is well-formed, but a field's value is not acceptable."""

    kind = "validation-failed"


class Unauthenticated(PlatformError):
    """Credentials are missing, wrong, expired or revoked."""

    kind = "unauthenticated"


class Forbidden(PlatformError):
    """The caller is known and lacks the permission."""

    kind = "forbidden"


class SecondFactorRequired(Unauthenticated):
    """The password is right, but this account also needs a code."""

    kind = "second-factor-required"


class ReauthenticationRequired(Forbidden):
    """A sensitive change: who they are was shown too long ago, or not well enough."""

    kind = "reauthentication-required"


class NotFound(PlatformError):
    """Nothing is at this address."""

    kind = "not-found"


class NotHeld(PlatformError):
    """It may exist, but this platform does not hold it (older than the first held version)."""

    kind = "not-held"


class MethodNotAllowed(PlatformError):
    """The address exists, the method does not apply to it."""

    kind = "method-not-allowed"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} does not apply here; allowed: {', '.join(allowed)}.")
        self.allowed = allowed


class NotAcceptable(PlatformError):
    """No representation fits the Accept header."""

    kind = "not-acceptable"


class Conflict(PlatformError):
    """The state of the resource forbids it."""

    kind = "conflict"


class Gone(PlatformError):
    """It was here and was withdrawn."""

    kind = "gone"


class PreconditionFailed(PlatformError):
    """If-Match named an outdated representation."""

    kind = "precondition-failed"


class PreconditionRequired(PlatformError):
    """The write needs If-Match."""

    kind = "precondition-required"


class TooLarge(PlatformError):
    """The body is over the limit."""

    kind = "content-too-large"


class UnsupportedMedia(PlatformError):
    """The body's media type or encoding is not read here."""

    kind = "unsupported-media-type"


class RetryLater(PlatformError):
    """A refusal that ends by itself; `retry_after` is in seconds."""

    def __init__(self, detail: str = "", *, retry_after: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyRequests(RetryLater):
    """A rate limit was reached."""

    kind = "too-many-requests"


class Unavailable(RetryLater):
    """A dependency is away or overloaded."""

    kind = "unavailable"


class BadGateway(PlatformError):
    """The service behind answered nonsense or broke off."""

    kind = "bad-gateway"


class GatewayTimeout(PlatformError):
    """The service behind did not answer in time."""

    kind = "gateway-timeout"
