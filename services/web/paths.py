"""Addresses of pages, and from the API's addresses to them."""

import re
from urllib.parse import quote, urlsplit

API_ROOT = "/api/v1/policies"
JURISDICTION = r"[a-z0-9]+(?:-[a-z0-9]+)*"
KIND = r"[a-z][a-z0-9-]*"
LANG = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"
DATE = r"\d{4}-\d{2}-\d{2}"
WORK_ROUTE = f"/{{jurisdiction:{JURISDICTION}}}/{{kind:{KIND}}}/{{number}}"


def page_of(href: str) -> str:
    """The page for an API address: `/api/v1/policies/ca/act/A-1/en@2026-06-14/~sec_2` is shown at
    `/ca/act/A-1/en@2026-06-14#sec_2`. Anything that is not below the API's policies becomes the home page."""
    if not href.startswith(API_ROOT + "/"):
        return "/"
    path, found, eid = href.removeprefix(API_ROOT).partition("/~")
    return f"{path}#{eid}" if found else path


def work_page(jurisdiction: str, kind: str, number: str) -> str:
    """The page of a work as it stands now."""
    return "/" + "/".join(quote(part, safe="") for part in (jurisdiction, kind, number))


def work_api(jurisdiction: str, kind: str, number: str) -> str:
    """The API's address of a work."""
    return API_ROOT + work_page(jurisdiction, kind, number)


def local_path(target: str, fallback: str = "/account") -> str:
    """`target` when it is a path on this site, else `fallback`.

    Browsers read a backslash as a slash and drop control characters, so both disqualify.
    """
    if not re.fullmatch(r"/[!-\[\]-~]*", target) or target.startswith("//"):
        return fallback
    parts = urlsplit(target)
    return fallback if parts.scheme or parts.netloc else target
