"""Where an answer is kept: its address as its reader sees it."""

from urllib.parse import urljoin, urlsplit

from services.gateway.exchange import Exchange


def key_of(exchange: Exchange) -> str:
    """The address of what is asked for: services are told its host and scheme, and could answer by them."""
    if not exchange.cache_key and exchange.asked is not None:
        origin = exchange.fields.origin
        exchange.cache_key = f"{origin.scheme}://{origin.host}{exchange.asked.target}"
    return exchange.cache_key


def named_key(here: str, location: str) -> str | None:
    """The key of an address that an answer from `here` names; None for one elsewhere, and for what is none."""
    try:
        named, own = urlsplit(urljoin(here, location)), urlsplit(here)
    except ValueError:
        return None
    is_here = (named.scheme, named.netloc) == (own.scheme, own.netloc)
    return named._replace(fragment="").geturl() if is_here else None
