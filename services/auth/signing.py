"""Puts together what recognises people: sessions, ways to sign in, second factors."""

from aiohttp import web

from services.auth.accounts.service import Accounts
from services.auth.factors.checking import FactorChecks
from services.auth.factors.passkeys import RelyingParty
from services.auth.factors.sealing import FactorBox
from services.auth.factors.service import Factors
from services.auth.keys import FACTORS, OUTBOX, OWN_SESSIONS, PROVING, SESSIONS, SIGNING_IN
from services.auth.sessions.announcements import Announcements
from services.auth.sessions.listing import OwnSessions
from services.auth.sessions.proving import Proving
from services.auth.sessions.service import Sessions
from services.auth.sessions.signing_in import SigningIn
from services.auth.settings import AuthSettings
from services.auth.tokens.service import KeyRing
from shared.db import Database
from shared.settings import text_of


def set_up_signing_in(
    app: web.Application,
    settings: AuthSettings,
    database: Database,
    accounts: Accounts,
    keys: KeyRing,
    announcements: Announcements,
) -> None:
    """Give `app` its sessions, sign-in and second factors."""
    previous = text_of(settings.key_encryption_key_previous), text_of(settings.password_pepper_previous)
    box = FactorBox(text_of(settings.key_encryption_key), text_of(settings.password_pepper), previous=previous)
    checks = FactorChecks(box, RelyingParty(settings.public_url))
    roles = settings.roles_with_two_factors
    sessions = Sessions(database, keys, announcements, checks, roles)
    app[SESSIONS] = sessions
    app[OWN_SESSIONS] = OwnSessions(database, announcements)
    app[SIGNING_IN] = SigningIn(database, accounts, sessions, checks)
    app[PROVING] = Proving(database, accounts, sessions, checks, announcements)
    app[FACTORS] = Factors(database, checks, announcements, roles, app[OUTBOX])
