"""Handlers of pages, one module per subject."""

from aiohttp import web

from services.web.views import accounts, documents, files, guide, home, joining, search, status


def add_routes(app: web.Application) -> None:
    """Every page. Those below `/{jurisdiction}/…` come last, so that no jurisdiction can hide a page of ours."""
    for module in (files, home, search, accounts, joining, status, guide, documents):
        module.add_routes(app)
