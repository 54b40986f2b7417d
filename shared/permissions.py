"""Roles and what they may do. Code asks for permissions; this table is the only place that knows roles."""

from enum import StrEnum


class Role(StrEnum):
    """The role of an account. ANONYMOUS is everyone without one."""

    ANONYMOUS = "anonymous"
    READER = "reader"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that may be allowed."""

    READ_PUBLISHED = "policies:read"
    MANAGE_SELF = "self:manage"
    WRITE_DRAFTS = "drafts:write"
    IMPORT = "imports:run"
    MANAGE_IMPORTS = "imports:manage"
    READ_DRAFTS = "drafts:read"
    REVIEW = "drafts:review"
    MANAGE_ACCOUNTS = "accounts:manage"
    READ_AUDIT = "audit:read"


_EVERYONE = frozenset({Permission.READ_PUBLISHED})
_MEMBER = _EVERYONE | {Permission.MANAGE_SELF}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ANONYMOUS: _EVERYONE,
    Role.READER: _MEMBER,
    Role.EDITOR: _MEMBER | {Permission.WRITE_DRAFTS, Permission.IMPORT},
    Role.REVIEWER: _MEMBER | {Permission.READ_DRAFTS, Permission.REVIEW},
    Role.ADMIN: _MEMBER
    | {
        Permission.READ_DRAFTS,
        Permission.MANAGE_IMPORTS,
        Permission.MANAGE_ACCOUNTS,
        Permission.READ_AUDIT,
    },
}


BY_AREA = frozenset({Role.EDITOR, Role.REVIEWER})
"""Roles whose work with texts ends at the jurisdictions that the account was given."""


def permissions_of(role: Role) -> frozenset[Permission]:
    """Everything `role` may do."""
    return ROLE_PERMISSIONS[role]
