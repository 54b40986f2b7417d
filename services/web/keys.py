"""Typed keys of what the web application and its requests carry."""

import aiohttp
from aiohttp import web
from redis.asyncio import Redis

from services.web.assets import Assets
from services.web.collection import Library
from services.web.csrf import FormTokens
from services.web.settings import WebSettings
from shared.client import ServiceClient

WEB_SETTINGS = web.AppKey("WEB_SETTINGS", WebSettings)
ASSETS = web.AppKey("ASSETS", Assets)
FORM_TOKENS = web.AppKey("FORM_TOKENS", FormTokens)
LIBRARY = web.AppKey("LIBRARY", Library)
AUTH = web.AppKey("AUTH", ServiceClient)
HTTP = web.AppKey("HTTP", aiohttp.ClientSession)
REDIS = web.AppKey("REDIS", Redis)
NARROWED: web.RequestKey[bool] = web.RequestKey("NARROWED", bool)
"""Of a request: its account's role asks for a second factor that was not shown."""
