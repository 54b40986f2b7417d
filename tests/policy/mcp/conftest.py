"""The law of the documents' tests."""

from tests.policy.documents.conftest import law, policy

__all__ = ["law", "policy"]
