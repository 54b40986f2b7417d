"""Reading the form of an upload as it arrives: fields into memory, the file piece by piece to where it is kept."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http import HttpProcessingError

from services.policy.imports.formats import FORMATS
from services.policy.jobs.domain import Upload
from services.policy.jobs.service import Wish
from shared.errors import FieldError, Invalid, Unprocessable, UnsupportedMedia
from shared.parse import is_clean

_FIELDS = ("importer", "release")
_FIELD_BYTES = 200
_FILENAME_BYTES = 200
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLAIN = frozenset({"", "7bit", "8bit", "binary"})

Receive = Callable[[str, AsyncIterator[bytes]], Awaitable[Upload]]
Discard = Callable[[Upload], Awaitable[None]]


async def read_form(request: web.Request, receive: Receive, discard: Discard) -> tuple[Wish, Upload]:
    """What is wanted, and the file as `receive` kept it. Raises UnsupportedMedia, Invalid or Unprocessable."""
    key = _key(request)
    if request.content_type != "multipart/form-data":
        raise UnsupportedMedia("Send multipart/form-data with the fields importer, release (optional) and file.")
    fields: dict[str, str] = {}
    upload: Upload | None = None
    accepted = False
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            name = part.name if isinstance(part, BodyPartReader) else None
            if not isinstance(part, BodyPartReader) or name not in (*_FIELDS, "file"):
                raise _wrong("is not known here" if name and is_clean(name) else "has no name", name or "")
            if name in fields or (name == "file" and upload is not None):
                raise _wrong("is given more than once", name)
            if part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING, "").lower() not in _PLAIN:
                raise UnsupportedMedia("Send the parts without a Content-Transfer-Encoding.")
            if name == "file":
                upload = await receive(_filename(part.filename), _chunks(part))
            else:
                fields[name] = await _field(part, name)
        wish, upload = _wish(fields, upload, key)
        accepted = True
    except (ValueError, AssertionError, RuntimeError, HttpProcessingError) as problem:  # as aiohttp tells of it
        raise Invalid("The form is not well-formed multipart/form-data.") from problem
    finally:
        if upload is not None and not accepted:
            await discard(upload)
    return wish, upload


def _wish(fields: dict[str, str], upload: Upload | None, key: str | None) -> tuple[Wish, Upload]:
    errors = []
    importer = fields.get("importer", "")
    release = _release(fields.get("release", ""))
    if importer not in FORMATS:
        errors.append(FieldError(f"must be one of {', '.join(FORMATS)}", "#/importer"))
    if isinstance(release, FieldError):
        errors.append(release)
    if upload is None:
        errors.append(FieldError("is required", "#/file"))
    elif importer in FORMATS and not upload.filename.lower().endswith(FORMATS[importer]):
        errors.append(FieldError(f"must be named {' or '.join('*' + end for end in FORMATS[importer])}", "#/file"))
    if errors or upload is None or isinstance(release, FieldError):
        raise Unprocessable("Some fields are not valid.", errors=tuple(errors))
    return Wish(importer, release, key), upload


def _release(text: str) -> date | FieldError | None:
    if not text:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    return FieldError("must be a date, YYYY-MM-DD", "#/release")


def _filename(name: str | None) -> str:
    """The file's own name: it names the file in the report, and its end says what it is."""
    if not name:
        raise _wrong("needs a filename", "file")
    bad = any(c in name for c in "/\\") or name.startswith(".") or not name.isprintable() or not is_clean(name)
    if bad or len(name.encode()) > _FILENAME_BYTES:
        raise _wrong(f"needs a plain filename of at most {_FILENAME_BYTES} bytes, without folders", "file")
    return name


async def _field(part: BodyPartReader, name: str) -> str:
    data = bytearray()
    async for chunk in _chunks(part):
        data += chunk
        if len(data) > _FIELD_BYTES:
            raise _wrong(f"may have at most {_FIELD_BYTES} bytes", name)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise _wrong("is not UTF-8", name) from None
    return text.strip()


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(65_536):
        yield chunk


def _key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        detail = "must have 1 to 200 printable ASCII characters without spaces"
        raise Invalid("The Idempotency-Key cannot be used.", errors=(FieldError(detail, "Idempotency-Key"),))
    return key


def _wrong(detail: str, name: str) -> Unprocessable:
    return Unprocessable("Some fields are not valid.", errors=(FieldError(detail, f"#/{name}"),))
