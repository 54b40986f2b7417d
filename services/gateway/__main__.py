"""`python -m services.gateway`: runs until TERM or Ctrl-C."""

import asyncio
import signal
import sys

import uvloop
from aiohttp import web

from services.gateway.app import NAME, open_gateway, require_c_extensions
from services.gateway.settings import GatewaySettings
from shared.collector import spare_the_collector
from shared.log import configure, get_logger
from shared.settings import BadSettings


async def serve(settings: GatewaySettings) -> None:
    """Listen until told to stop; then let running requests end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log = get_logger(NAME)
    async with open_gateway(settings) as server:
        runner = web.ServerRunner(server, shutdown_timeout=settings.drain_seconds)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port, reuse_address=True).start()
            host, port = runner.addresses[0][:2]
            log.info("listening", host=host, port=port)
            spare_the_collector()
            await stop.wait()
            log.info("stopping")
            server.drain()
        finally:
            await runner.cleanup()


def main() -> int:
    """The exit status: 2 when the settings cannot be used."""
    try:
        settings = GatewaySettings.load()
        require_c_extensions()
    except BadSettings as error:
        print(error, file=sys.stderr)  # noqa: T201 - logging is not set up yet, and a person is to read it
        return 2
    configure(NAME, level=settings.log_level, style=settings.log_format)
    uvloop.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
