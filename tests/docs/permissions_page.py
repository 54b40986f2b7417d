"""Builds docs/permissions.md from the table of roles and from what each service's description says of its operations.

`python -m tests.docs.permissions_page` writes it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.auth import openapi as auth_openapi
from services.gateway.operations.openapi import merge
from services.policy import openapi as policy_openapi
from shared.guard import METHODS, needs_of
from shared.permissions import BY_AREA, Permission, Role, permissions_of

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
YES, NO = "✓", ""
OWN = "x-own"
"""Of an operation: whose things it is about, beyond the permission."""

MEANINGS = {
    Permission.READ_PUBLISHED: "read, search, compare and export what is published",
    Permission.MANAGE_SELF: "own profile, sessions, keys, second factors",
    Permission.WRITE_DRAFTS: "create, edit, submit drafts",
    Permission.IMPORT: "import files",
    Permission.MANAGE_IMPORTS: "end and resume anybody's imports",
    Permission.READ_DRAFTS: "read drafts and imports of others",
    Permission.REVIEW: "approve, return, publish, withdraw",
    Permission.MANAGE_ACCOUNTS: "accounts: roles, areas, disabling, sessions, keys",
    Permission.READ_AUDIT: "the audit trail",
}
BOUNDS = {
    Permission.MANAGE_SELF: "own",
    Permission.WRITE_DRAFTS: "own/assigned",
    Permission.IMPORT: "own",
    Permission.REVIEW: "not own work",
}
"""Where a permission ends for everybody who has it."""
_IN_AREAS = frozenset({Permission.WRITE_DRAFTS, Permission.IMPORT, Permission.READ_DRAFTS, Permission.REVIEW})
_WHOSE = {
    "self": dict.fromkeys(Role, "own"),
    "drafts": {Role.EDITOR: "own/assigned"},
    "imports": {Role.EDITOR: "own"},
    "others-work": {Role.REVIEWER: "not own work"},
}

_INTRO = """# Who may do what

Code asks for permissions, never for roles. Which role has which permission is one table, `shared/permissions.py`;
what an operation of the API needs stands with it, in the `x-permission` of its service's `openapi.yaml`, and is held
there before anything else is done. An operation that says nothing keeps its service from starting. Both tables here
are made from those by `python -m tests.docs.permissions_page`; a test holds the page against the code, and another
holds the running platform against the page: every role, address and method, through the gateway.

| Permission | | {roles} |
| --- | --- | {rules} |
"""
_AREAS = """
*in their areas*: an editor or reviewer works in the jurisdictions that an administrator gave the account, each just
that one (`ca` does not hold `ca-port-lumen`), or everywhere (`*`), or nowhere yet. To somebody of another area a
draft or import does not exist (404); what they bring in from outside theirs is refused (403), file by file in an
import. What is published is everybody's. Roles and areas are changed with `PATCH /api/v1/auth/accounts/{id}` and `PUT
/api/v1/auth/accounts/{id}/areas`, or on the page *Administration, Users*, and count within a second for tokens, keys
and browsers alike. Row level security in the database draws the same lines once more.

*not own work*: who wrote any of a draft does not decide on it, whatever their role; the database says so too.

A scope narrows further: an API key does what its scopes and its owner's role allow together, and a session that still
owes a second factor does no more than set one up. What nobody has to sign in for is refused to no key.

The last administrator stays: no change of role, disabling or deletion may leave nobody to manage accounts.

## Every operation

| Operation | needs one of | {roles} |
| --- | --- | {rules} |
"""


def description() -> dict[str, Any]:
    """The whole API's description, as the gateway merges it."""
    return merge({"auth": auth_openapi.description(), "policy": policy_openapi.description()}, "http://localhost:8080")


def operations(merged: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, address and what is said of each operation, in the order of addresses."""
    for path in sorted(merged["paths"]):
        item = merged["paths"][path]
        for method in sorted(METHODS & item.keys()):
            yield method.upper(), path, item[method]


def page() -> str:
    """The whole of docs/permissions.md."""
    heads = {"roles": " | ".join(Role), "rules": " | ".join("---" for _ in Role)}
    parts = [_INTRO.format(**heads)]
    for permission in Permission:
        cells = " | ".join(_cell(role, permission) for role in Role)
        parts.append(f"| `{permission.value}` | {MEANINGS[permission]} | {cells} |\n")
    parts.append(_AREAS.replace("{roles}", heads["roles"]).replace("{rules}", heads["rules"]))
    merged = description()
    needs = needs_of(merged)
    for method, path, operation in operations(merged):
        needed = needs[method.lower(), path]
        words = ", ".join(f"`{one}`" for one in sorted(needed))
        cells = " | ".join(_operation_cell(role, needed, operation.get(OWN, "")) for role in Role)
        parts.append(f"| `{method} {path}` | {words} | {cells} |\n")
    return "".join(parts)


def documented() -> dict[str, dict[Role, bool]]:
    """By operation, which role may: as the second table of the written page says."""
    found: dict[str, dict[Role, bool]] = {}
    for line in PAGE.read_text(encoding="utf-8").partition("## Every operation")[2].splitlines():
        if line.startswith("| `"):
            name, _, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            found[name.strip("`")] = {role: bool(cell) for role, cell in zip(Role, cells, strict=True)}
    return found


def _cell(role: Role, permission: Permission) -> str:
    if permission not in permissions_of(role):
        return NO
    bounds = [BOUNDS[permission]] if permission in BOUNDS else []
    if role in BY_AREA and permission in _IN_AREAS:
        bounds.append("in their areas")
    return ", ".join(bounds) or YES


def _operation_cell(role: Role, needed: frozenset[Permission], whose: str) -> str:
    if needed and not needed & permissions_of(role):
        return NO
    return _WHOSE[whose].get(role, YES) if whose else YES


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
