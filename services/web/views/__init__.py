"""Handlers of pages, one module per subject."""

from aiohttp import web

from services.web.views import (
    account,
    accounts,
    admin,
    citing,
    comparing,
    documents,
    editor,
    federation,
    files,
    guide,
    histories,
    home,
    joining,
    letters,
    outbox,
    patterns,
    quoting,
    reference,
    search,
    second_step,
    side_by_side,
    status,
)


def add_routes(app: web.Application) -> None:
    """Every page. Those below `/{jurisdiction}/…` come last, so that no jurisdiction can hide a page of ours."""
    for module in (
        files,
        home,
        search,
        second_step,
        accounts,
        second_step,
        joining,
        federation,
        quoting,
        letters,
        outbox,
        account,
        editor,
        admin,
        status,
        guide,
        patterns,
        reference,
        comparing,
        histories,
        citing,
        side_by_side,
        documents,
    ):
        module.add_routes(app)
