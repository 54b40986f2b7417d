"""Where an editor or reviewer may work travels with them, and ends there."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.areas import CHARACTERS, EVERYWHERE, covers, list_areas, parse_areas
from shared.identity import Identity
from shared.permissions import Permission, Role
from shared.tokens import InternalTokens, sign_access_token, verify_access_token

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("given", "line"), [([], ""), (["*"], "*"), (["ca-port-lumen", "ca", "ca"], "ca ca-port-lumen"), (["x1"], "x1")]
)
def test_areas_are_one_line_and_read_back(given: list[str], line: str) -> None:
    assert parse_areas(given) == line
    assert list_areas(line) == sorted(set(given))


@pytest.mark.parametrize(
    "given",
    [
        ["*", "ca"],
        ["*", "*"],
        [""],
        ["ca "],
        ["ca on"],
        ["CA"],
        ["-ca"],
        ["é"],
        ["ca\n"],
        [f"town-{n:04}" for n in range(101)],
    ],
)
def test_what_is_no_area_is_refused(given: list[str]) -> None:
    assert len(" ".join(given)) > CHARACTERS or len(given) < 3
    with pytest.raises(ValueError, match=r"jurisdictions|alone|characters"):
        parse_areas(given)


def test_an_area_is_just_that_jurisdiction() -> None:
    assert covers("ca ca-port-lumen", "ca")
    for areas, other in (
        ("ca", "ca-port-lumen"),
        ("ca-port-lumen", "ca"),
        ("ca-port", "ca-port-lumen"),
        ("", "ca"),
        ("", ""),
    ):
        assert not covers(areas, other), (areas, other)
    assert covers(EVERYWHERE, "anything")


@pytest.mark.parametrize(
    ("role", "areas", "permission", "here", "there"),
    [
        (Role.EDITOR, "xx", Permission.WRITE_DRAFTS, True, False),
        (Role.EDITOR, "", Permission.WRITE_DRAFTS, False, False),
        (Role.EDITOR, "*", Permission.WRITE_DRAFTS, True, True),
        (Role.REVIEWER, "xx", Permission.REVIEW, True, False),
        (Role.REVIEWER, "xx", Permission.WRITE_DRAFTS, False, False),
        (Role.ADMIN, "", Permission.READ_DRAFTS, True, True),
        (Role.READER, "*", Permission.WRITE_DRAFTS, False, False),
    ],
)
def test_a_permission_ends_at_the_area(role: Role, areas: str, permission: Permission, here: bool, there: bool) -> None:
    identity = Identity("a", role, areas=areas)
    assert (identity.may_in(permission, "xx"), identity.may_in(permission, "yy")) == (here, there)


def test_tokens_bear_the_areas() -> None:
    editor = Identity("a", Role.EDITOR, sid="s", areas="ca ca-port-lumen")
    key = Ed25519PrivateKey.generate()
    token = sign_access_token(editor, key=key, kid="k", issuer="http://x")
    assert verify_access_token(token, keys={"k": key.public_key()}, issuer="http://x")[0].areas == editor.areas
    internal = InternalTokens(KEY, "gateway").mint(editor, "policy")
    assert InternalTokens(KEY, "policy").verify(internal).areas == editor.areas
    longest = Identity("a" * 36, Role.EDITOR, sid="s" * 36, areas="x" * CHARACTERS, scope=" ".join(Permission))
    assert verify_access_token(
        sign_access_token(longest, key=key, kid="k" * 43, issuer="http://x"),
        keys={"k" * 43: key.public_key()},
        issuer="http://x",
    )
