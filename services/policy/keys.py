"""Typed keys of what the policy service's slices share."""

from aiohttp import web

from services.policy.settings import PolicySettings
from shared.db import Database
from shared.paging import Cursors

DATABASE = web.AppKey("DATABASE", Database)
CURSORS = web.AppKey("CURSORS", Cursors)
POLICY_SETTINGS = web.AppKey("POLICY_SETTINGS", PolicySettings)
