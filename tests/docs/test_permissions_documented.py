"""docs/permissions.md is what the code says; `python -m tests.docs.permissions_page` writes it."""

from shared.permissions import Permission
from tests.docs.permissions_page import MEANINGS, PAGE, description, documented, operations, page


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.docs.permissions_page`"


def test_every_operation_and_permission_is_on_it() -> None:
    assert set(MEANINGS) == set(Permission)
    assert set(documented()) == {f"{method} {path}" for method, path, _ in operations(description())}
