"""A scope narrows what a role may do, and never widens it."""

import pytest

from shared.errors import Forbidden, Unauthenticated
from shared.identity import ANONYMOUS, Identity, require
from shared.permissions import Permission, Role, permissions_of
from shared.tokens import InternalTokens

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


def _editor(scope: str) -> Identity:
    return Identity("a-1", Role.EDITOR, scope=scope)


@pytest.mark.parametrize("role", Role)
def test_without_a_scope_a_role_may_all_that_is_its_own(role: Role) -> None:
    assert Identity("a-1", role).permissions == permissions_of(role)


def test_a_scope_leaves_what_it_names() -> None:
    narrowed = _editor("policies:read self:manage")
    assert narrowed.permissions == {Permission.READ_PUBLISHED, Permission.MANAGE_SELF}
    assert narrowed.may(Permission.MANAGE_SELF)
    assert not narrowed.may(Permission.WRITE_DRAFTS)
    with pytest.raises(Forbidden):
        require(narrowed, Permission.WRITE_DRAFTS)


@pytest.mark.parametrize(
    "scope", ["accounts:manage", "drafts:review", "unknown", "  ", "*", "policies:read,self:manage"]
)
def test_a_scope_gives_nothing_that_the_role_has_not(scope: str) -> None:
    assert _editor(scope).permissions == set()


def test_nobody_gains_by_a_scope() -> None:
    with pytest.raises(Unauthenticated):
        require(Identity("anonymous", Role.ANONYMOUS, scope="self:manage"), Permission.MANAGE_SELF)
    assert ANONYMOUS.may(Permission.READ_PUBLISHED)


def test_a_scope_travels_between_services() -> None:
    token = InternalTokens(KEY, "web").mint(_editor("policies:read"), "policy")
    assert not InternalTokens(KEY, "policy").verify(token).may(Permission.WRITE_DRAFTS)
