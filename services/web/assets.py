"""Static files, read once at start and served under a path that names their content.

`/static/{hash}/…` may be kept by browsers for ever: any change of any file makes another hash. One hash for the whole
tree keeps relative addresses inside style sheets true.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from shared.errors import NotFound

STATIC = Path(__file__).parent / "static"
SHEETS = ("tokens", "base", "layout", "components", "law", "changes", "desk", "print")
"""The layers, in order; served as one style sheet."""
BUNDLE = "css/site.css"
_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".svg": "image/svg+xml", ".css": "text/css"}
_TEXT = ("text/", "image/svg+xml")
_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=60"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `packed` is its gzip form, empty where packing gains nothing."""

    body: bytes
    packed: bytes
    content_type: str


class Assets:
    """Every static file in memory, and the addresses of them."""

    def __init__(self, files: dict[str, Asset]) -> None:
        digest = hashlib.sha256()
        for name in sorted(files):
            digest.update(name.encode() + b"\0" + hashlib.sha256(files[name].body).digest())
        self._files = files
        self.version = digest.hexdigest()[:16]

    @classmethod
    def load(cls, folder: Path = STATIC) -> "Assets":
        """Read `folder`; the layers of css/ become BUNDLE."""
        files = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not name.startswith("css/"):
                files[name] = _asset(path.read_bytes(), path.suffix)
        order = f"@layer {', '.join(SHEETS)};\n"
        sheets = [(folder / "css" / f"{sheet}.css").read_text(encoding="utf-8") for sheet in SHEETS]
        files[BUNDLE] = _asset((order + "\n".join(sheets)).encode(), ".css")
        return cls(files)

    def path(self, name: str) -> str:
        """The address of a file; KeyError for one that does not exist, so that a template cannot name it wrongly."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    def file(self, name: str) -> Asset:
        """One file; KeyError for one that does not exist."""
        return self._files[name]

    def answer(self, request: web.Request) -> web.Response:
        """The file that `/static/{version}/{name}` names.

        A page made before an update may still ask under the old hash: it gets the new file, to be kept briefly.
        """
        asset = self._files.get(request.match_info["name"])
        if asset is None:
            raise NotFound("There is no such file.")
        headers = {
            "Content-Type": asset.content_type,
            "Cache-Control": _FOREVER if request.match_info["version"] == self.version else _BRIEFLY,
        }
        body = asset.body
        if asset.packed:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                headers["Content-Encoding"] = "gzip"
                body = asset.packed
        return web.Response(body=body, headers=headers)


def _asset(body: bytes, suffix: str) -> Asset:
    kind = _TYPES.get(suffix) or mimetypes.types_map.get(suffix, "text/plain")
    text = kind.startswith(_TEXT)
    packed = gzip.compress(body, 9, mtime=0) if text else b""
    content_type = f"{kind}; charset=utf-8" if text else kind
    return Asset(body, packed if packed and len(packed) < len(body) else b"", content_type)
