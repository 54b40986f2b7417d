"""What the gateway reads from its environment."""

import ipaddress
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from shared.plans import MOST_REQUESTS, PLANS, NamedPlans
from shared.settings import ServiceSettings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _require_origins(value: str) -> str:
    addresses = [address.strip().rstrip("/") for address in value.split(",")]
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme != "http" or not parts.hostname or parts.path or parts.query or parts.username:
            raise ValueError("must look like http://host:port, or several of these separated by commas")
    return ",".join(addresses)


Origins = Annotated[str, AfterValidator(_require_origins)]
"""The address of a service without a path, or several separated by commas."""


class GatewaySettings(ServiceSettings):
    """Settings of the gateway; durations are in seconds, sizes in bytes."""

    auth_url: Origins = Field(
        "http://127.0.0.1:8081", description="Address of the auth service, or several separated by commas."
    )
    policy_url: Origins = Field(
        "http://127.0.0.1:8082", description="Address of the policy service, or several separated by commas."
    )
    web_url: Origins = Field(
        "http://127.0.0.1:8083", description="Address of the web service, or several separated by commas."
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_split)] = Field(
        (), description="Networks (CIDR, separated by commas) of proxies whose X-Forwarded-* headers are believed."
    )

    max_body_bytes: int = Field(64 * 2**20, ge=1024, description="Largest request body; more is answered with 413.")
    max_target_bytes: int = Field(8192, ge=256, description="Longest request target; more is answered with 414.")
    max_header_bytes: int = Field(16384, ge=1024, description="Largest header field; more is answered with 431.")
    max_headers: int = Field(100, ge=20, le=1000, description="Most header fields; more is answered with 431.")

    max_connections: int = Field(
        4000,
        ge=10,
        description="Most client connections of one gateway process; more are answered with 503 and closed.",
    )
    max_connections_of_one: int = Field(
        1000, ge=1, description="Of those, how many from one address, unless it is a trusted proxy's."
    )

    header_seconds: float = Field(10, gt=0, description="Time a client has for sending its request headers.")
    keepalive_seconds: float = Field(30, gt=0, description="Time an idle client connection is kept.")
    client_idle_seconds: float = Field(30, gt=0, description="Longest pause of a client while a body is on its way.")
    client_bytes_per_second: int = Field(
        256, ge=1, description="Slowest rate, averaged, at which a client may send its body after the first pause."
    )
    processes: int = Field(
        1,
        ge=0,
        le=256,
        description="Gateway processes on the one port; 0: one for each processor core that may be used.",
    )
    notice_seconds: float = Field(
        0,
        ge=0,
        description="Time from TERM, when /readyz says 503, to the end of accepting: what a balancer needs to notice.",
    )
    drain_seconds: float = Field(10, gt=0, description="Time that running requests get when the gateway stops.")

    max_websockets: int = Field(100, ge=0, description="Most WebSockets open at once; more are answered with 503.")
    websocket_idle_seconds: float = Field(
        300, gt=0, description="Time after which a WebSocket on which neither side says anything is closed."
    )

    upstream_connect_seconds: float = Field(2, gt=0, description="Time to connect to a service.")
    upstream_response_seconds: float = Field(
        30, gt=0, description="Time a service has for its response headers; then 504."
    )
    upstream_read_seconds: float = Field(10, gt=0, description="The same for reading (GET, HEAD), if it is less.")
    upstream_search_seconds: float = Field(5, gt=0, description="The same for searching, if it is less.")
    upstream_long_seconds: float = Field(120, gt=0, description="The same for imports and exports.")
    upstream_idle_seconds: float = Field(60, gt=0, description="Longest pause of a service within a response body.")
    upstream_connections: int = Field(
        256, ge=1, description="Most requests at once, and connections, to one replica of a service."
    )
    upstream_queue: int = Field(
        128, ge=0, description="Requests that may wait when all replicas of a service are that busy; then 503."
    )
    upstream_queue_seconds: float = Field(1, gt=0, description="How long they may wait; then 503.")
    upstream_retry_share: float = Field(
        0.2, ge=0, le=1, description="Requests that may be sent a second time, as a share of those of late."
    )
    upstream_window_seconds: float = Field(
        3, gt=0, description="A replica is judged by its answers of as many seconds, compared with the other replicas."
    )
    upstream_window_requests: int = Field(5, ge=1, description="Fewest answers in that time to judge by.")
    upstream_failure_ratio: float = Field(0.2, gt=0, le=1, description="Share of failures that ejects a replica.")
    upstream_failures_in_a_row: int = Field(5, ge=1, description="Failures one after another that do so, too.")
    upstream_ejection_seconds: float = Field(
        5, gt=0, description="Time of a first ejection; each that follows soon after is twice as long."
    )
    upstream_ejection_most_seconds: float = Field(60, gt=0, description="Longest ejection.")
    upstream_breaker_failures: int = Field(
        20,
        ge=1,
        description="Requests of a service that break off or time out one after another; then it gets one request "
        "every UPSTREAM_BREAKER_SECONDS, and all others are answered with 503, until one succeeds.",
    )
    upstream_breaker_seconds: float = Field(1, gt=0, description="See UPSTREAM_BREAKER_FAILURES.")

    cache_bytes: int = Field(
        8 * 2**20, ge=0, description="Memory in which each gateway process keeps answers to be given again; 0: none."
    )
    cache_largest_bytes: int = Field(2**20, ge=1024, description="Largest body that is kept.")
    cache_wait_seconds: float = Field(
        5, gt=0, description="Longest wait of a request for the answer to another one like it; then it asks itself."
    )
    cache_stale_if_error_seconds: int = Field(
        60, ge=0, description="Time for which a stale answer stands in for a service that is away, if it does not say."
    )

    redis_seconds: float = Field(
        0.25,
        gt=0,
        description="Patience with Redis; then it counts as away, and limits are kept by each gateway alone.",
    )
    rate_limit_anonymous_per_minute: int = Field(
        1200, ge=1, le=MOST_REQUESTS, description="Requests a minute from one address."
    )
    rate_limit_anonymous_burst: int = Field(
        400, ge=1, le=MOST_REQUESTS, description="Of those, how many may come at once."
    )
    rate_limit_account_per_minute: int = Field(
        6000, ge=1, le=MOST_REQUESTS, description="Requests a minute of one signed-in account."
    )
    rate_limit_account_burst: int = Field(
        1000, ge=1, le=MOST_REQUESTS, description="Of those, how many may come at once."
    )
    rate_limit_key_per_minute: int = Field(
        6000,
        ge=1,
        le=MOST_REQUESTS,
        description="Requests a minute with one API key; they count for its account, too, unless the key has a plan.",
    )
    rate_limit_key_burst: int = Field(1000, ge=1, le=MOST_REQUESTS, description="Of those, how many may come at once.")
    plans: NamedPlans = Field({}, description=PLANS)
    rate_limit_credentials_per_minute: int = Field(
        20,
        ge=1,
        le=MOST_REQUESTS,
        description="Attempts a minute from one address to sign in, register or refresh a token.",
    )
    rate_limit_credentials_burst: int = Field(
        10, ge=1, le=MOST_REQUESTS, description="Of those, how many may come at once."
    )

    otlp_traces_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Where spans go, with OTLP over HTTP, as in http://collector:4318/v1/traces; empty: nowhere.",
    )
    trace_sample_ratio: float = Field(
        0.1, ge=0, le=1, description="Share of the traces begun here that are sampled, when spans go somewhere."
    )
