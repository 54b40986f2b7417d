"""One's own account, and what is refused about it."""

from dataclasses import dataclass

from services.auth.accounts.domain import Account


@dataclass(frozen=True, slots=True)
class Own:
    """An account with the language of its mail."""

    account: Account
    lang: str
