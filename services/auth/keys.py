"""Typed keys of what the auth application carries."""

from aiohttp import web

from services.auth.accounts.registration import Registration
from services.auth.accounts.service import Accounts
from services.auth.apikeys.service import ApiKeys
from services.auth.audit.service import AuditTrail
from services.auth.factors.service import Factors
from services.auth.federation.service import Federation
from services.auth.mail.outbox import Outbox
from services.auth.plans.service import Plans
from services.auth.profile.data import DataExport
from services.auth.profile.recovery import Recovery
from services.auth.profile.service import Profile
from services.auth.roles.first_admin import FirstAdmin
from services.auth.roles.oversight import Oversight
from services.auth.roles.service import Roles
from services.auth.sessions.listing import OwnSessions
from services.auth.sessions.proving import Proving
from services.auth.sessions.service import Sessions
from services.auth.sessions.signing_in import SigningIn
from services.auth.tokens.service import KeyRing
from shared.db import Database
from shared.paging import Cursors

ACCOUNTS = web.AppKey("ACCOUNTS", Accounts)
OUTBOX = web.AppKey("OUTBOX", Outbox)
PROFILE = web.AppKey("PROFILE", Profile)
RECOVERY = web.AppKey("RECOVERY", Recovery)
DATA_EXPORT = web.AppKey("DATA_EXPORT", DataExport)
REGISTRATION = web.AppKey("REGISTRATION", Registration)
SESSIONS = web.AppKey("SESSIONS", Sessions)
OWN_SESSIONS = web.AppKey("OWN_SESSIONS", OwnSessions)
SIGNING_IN = web.AppKey("SIGNING_IN", SigningIn)
PROVING = web.AppKey("PROVING", Proving)
FACTORS = web.AppKey("FACTORS", Factors)
ROLES = web.AppKey("ROLES", Roles)
OVERSIGHT = web.AppKey("OVERSIGHT", Oversight)
FIRST_ADMIN = web.AppKey("FIRST_ADMIN", FirstAdmin)
PLANS = web.AppKey("PLANS", Plans)
API_KEYS = web.AppKey("API_KEYS", ApiKeys)
KEY_RING = web.AppKey("KEY_RING", KeyRing)
AUDIT = web.AppKey("AUDIT", AuditTrail)
AUDIT_DATABASE = web.AppKey("AUDIT_DATABASE", Database)
FEDERATION = web.AppKey("FEDERATION", Federation)
CURSORS = web.AppKey("CURSORS", Cursors)
