"""The proxies that ours is compared with; what each does is said in `DUTIES`. Those that are not installed are left
out, and named."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.gateway.programs import Cores, Program, free_port, started

DUTIES = {
    "traefik": "routes, rateLimit, Prometheus metrics, JSON access log",
    "textbook": "one aiohttp Application and ClientSession, nothing else",
    "nginx": "routes, limit_req, JSON access log",
    "haproxy": "routes, stick-table rate limit, JSON log",
    "caddy": "routes, JSON access log",
}
_PLACES = (Path(sys.executable).parent, Path("/usr/sbin"), Path("/usr/local/sbin"))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a proxy of one run listens, writes, and what is behind it."""

    folder: Path
    port: int
    upstream: int
    routes: Sequence[str]


_Command = Callable[[str, _Place], list[str]]
"""The command line for a program; writes its configuration."""


def missing() -> list[str]:
    """Those that are not installed."""
    return [name for name in _COMMANDS if name != "textbook" and _find(name) is None]


def installed() -> list[str]:
    """Those that can be measured."""
    return [name for name in DUTIES if name not in missing()]


@contextmanager
def rival(
    name: str, folder: Path, cores: Cores, upstream: Program, *, routes: Sequence[str] = ("/api/v1",)
) -> Iterator[Program]:
    """A running proxy before `upstream`; the rest of all addresses goes there too, by another rule."""
    place = _Place(folder / name, free_port(), upstream.port, routes)
    place.folder.mkdir(parents=True, exist_ok=True)
    command = _COMMANDS[name](_find(name) or name, place)
    log = place.folder / "output.log"
    with started(name, command, place.port, core=cores.proxy, log=log, ready=f"{place.routes[-1]}/512") as program:
        yield program


def _find(name: str) -> str | None:
    path = ":".join(str(place) for place in _PLACES)
    return shutil.which(name) or shutil.which(name, path=path)


def _textbook(_: str, place: _Place) -> list[str]:
    upstream = f"http://127.0.0.1:{place.upstream}"
    return [sys.executable, "-m", "tests.bench.gateway.textbook", str(place.port), upstream]


def _traefik(program: str, place: _Place) -> list[str]:
    rules = [(f"route{number}", f"PathPrefix(`{prefix}`)") for number, prefix in enumerate(place.routes)]
    server = {"url": f"http://127.0.0.1:{place.upstream}"}
    routing = {
        "http": {
            "routers": {
                name: {"rule": rule, "service": "policy", "entryPoints": ["public"], "middlewares": ["limit"]}
                for name, rule in [*rules, ("rest", "PathPrefix(`/`)")]
            },
            "middlewares": {"limit": {"rateLimit": {"average": 1_000_000, "burst": 1_000_000}}},
            "services": {"policy": {"loadBalancer": {"servers": [server]}}},
        }
    }
    start = {
        "entryPoints": {
            "public": {"address": f"127.0.0.1:{place.port}"},
            "operations": {"address": f"127.0.0.1:{free_port()}"},
        },
        "providers": {"file": {"filename": str(place.folder / "routing.yml")}},
        "metrics": {"prometheus": {"entryPoint": "operations"}},
        "accessLog": {"filePath": str(place.folder / "access.log"), "format": "json", "bufferingSize": 256},
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "WARN"},
    }
    (place.folder / "routing.yml").write_text(json.dumps(routing), encoding="utf-8")  # JSON is YAML
    (place.folder / "traefik.yml").write_text(json.dumps(start), encoding="utf-8")
    return [program, f"--configFile={place.folder / 'traefik.yml'}"]


def _nginx(program: str, place: _Place) -> list[str]:
    passing = (
        "limit_req zone=each burst=1000000 nodelay; proxy_http_version 1.1; "
        'proxy_set_header Connection ""; proxy_pass http://policy;'
    )
    locations = "\n".join(f"location {prefix}/ {{ {passing} }}" for prefix in (*place.routes, ""))
    kept = "\n".join(
        f"{kind}_temp_path {place.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (place.folder / "nginx.conf").write_text(
        f"""
        daemon off; master_process off; worker_processes 1; pid {place.folder}/pid; error_log stderr error;
        events {{ worker_connections 4096; }}
        http {{
          {kept}
          log_format j escape=json '{{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method",'
            '"path":"$uri","status":$status,"seconds":$request_time,"request_id":"$request_id"}}';
          access_log {place.folder}/access.log j buffer=64k flush=1s;
          limit_req_zone $binary_remote_addr zone=each:10m rate=1000000r/s;
          keepalive_requests 1000000000;
          upstream policy {{ server 127.0.0.1:{place.upstream}; keepalive 256; keepalive_requests 1000000000; }}
          server {{ listen 127.0.0.1:{place.port}; {locations} }}
        }}
        """,
        encoding="utf-8",
    )
    return [program, "-e", "stderr", "-c", str(place.folder / "nginx.conf"), "-p", str(place.folder)]


def _haproxy(program: str, place: _Place) -> list[str]:
    rules = "\n".join(f"  use_backend policy if {{ path_beg {prefix}/ }}" for prefix in place.routes)
    (place.folder / "haproxy.cfg").write_text(
        f"""
global
  nbthread 1
  log stdout format raw local0
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend public
  bind 127.0.0.1:{place.port}
  log global
  log-format '{{"client":"%ci","method":"%HM","path":"%HP","status":%ST,"ms":%Ta,"request_id":"%ID"}}'
  unique-id-format %{{+X}}o%pid%rt%Ts%fc
  stick-table type ip size 100k expire 60s store http_req_rate(10s)
  http-request track-sc0 src
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 100000000 }}
{rules}
  default_backend policy
backend policy
  server one 127.0.0.1:{place.upstream}
""",
        encoding="utf-8",
    )
    return [program, "-db", "-f", str(place.folder / "haproxy.cfg")]


def _caddy(program: str, place: _Place) -> list[str]:
    proxying = f"reverse_proxy 127.0.0.1:{place.upstream}"
    routes = "\n".join(f"  handle {prefix}/* {{\n    {proxying}\n  }}" for prefix in place.routes)
    (place.folder / "Caddyfile").write_text(
        f"""
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{place.port} {{
  log {{
    output file {place.folder}/access.log
    format json
  }}
{routes}
  handle {{
    {proxying}
  }}
}}
""",
        encoding="utf-8",
    )
    return [program, "run", "--adapter", "caddyfile", "--config", str(place.folder / "Caddyfile")]


_COMMANDS: dict[str, _Command] = {
    "traefik": _traefik, "textbook": _textbook, "nginx": _nginx, "haproxy": _haproxy, "caddy": _caddy,
}  # fmt: skip
