"""Headers that every answer carries, problem pages included."""

from aiohttp import web

from services.web.keys import WEB_SETTINGS

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""Nothing from elsewhere, nothing inline: imported law that slipped past two sanitisers still could not run."""

TRANSPORT = "max-age=31536000"
"""A year of https. Only where PUBLIC_URL says https; what other names of the domain do is not ours to say."""


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler for `on_response_prepare`."""
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.app[WEB_SETTINGS].secure_cookies:
        headers["Strict-Transport-Security"] = TRANSPORT
