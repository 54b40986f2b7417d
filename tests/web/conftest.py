"""Fixtures of the web tests."""

from tests.web.web_fixtures import (
    auth_url,
    browser,
    email,
    library_database,
    policy_url,
    pytest_collection_modifyitems,
    site,
)

__all__ = ["auth_url", "browser", "email", "library_database", "policy_url", "pytest_collection_modifyitems", "site"]
