"""The rules about plans."""

from collections.abc import Collection

from shared.errors import FieldError, NotFound, Unprocessable


class NothingToLimit(NotFound):
    """There is no such account, or no such key of it."""


def check_plan(name: str, known: Collection[str]) -> str:
    """The name of a plan, or an empty one; raises Unprocessable for what PLANS does not name."""
    if name and name not in known:
        listed = ", ".join(sorted(known)) or "there are none"
        errors = (FieldError(f"is not among the plans that PLANS names: {listed}", "#/plan"),)
        raise Unprocessable("Some fields are not valid.", errors=errors)
    return name
