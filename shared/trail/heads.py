"""Says in the log how far a trail has reached: kept elsewhere, it shows later what was cut off its end."""

import asyncio

from shared.db import Database
from shared.errors import PlatformError
from shared.log import get_logger
from shared.trail.program import Trail, head_of

EVERY_SECONDS = 900.0
_log = get_logger(__name__)


async def tell_head(database: Database, trail: Trail) -> None:
    """Log the trail's head now and again, when it has moved; runs until it is cancelled."""
    told = 0
    while True:
        try:
            async with database.connection() as connection:
                head = await head_of(connection, trail)
            if head.position != told:
                _log.info("audit_head", anchor=str(head))
                told = head.position
        except PlatformError as error:
            _log.warning("audit_head_later", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)
