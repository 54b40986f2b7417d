"""What jurisdictions are called: said by the importer, or by a `jurisdiction.json` beside the law."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.policy.imports.model import Importer, ImportProblem, SourceFile
from services.policy.imports.sources import Source, SourceProblem, opened

FILE = "jurisdiction.json"
_MAX_BYTES = 100_000

_Lang = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
_Name = Annotated[str, Field(min_length=1, max_length=200)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)
    names: dict[_Lang, _Name]


def jurisdiction_names(
    importer: Importer, source: Source, files: Sequence[SourceFile]
) -> Mapping[str, Mapping[str, str]]:
    """Jurisdiction to language to name. Raises SourceProblem when the file in the source is not usable."""
    known: dict[str, dict[str, str]] = getattr(importer, "jurisdictions", {})
    names = {jurisdiction: dict(by_lang) for jurisdiction, by_lang in known.items()}
    if any(file.path == FILE and file.size <= _MAX_BYTES for file in files):
        found = _read(source)
        names.setdefault(found.id, {}).update(found.names)
    return names


def _read(source: Source) -> _File:
    try:
        with opened(source) as reader:
            return _File.model_validate(json.loads(reader.read(FILE)))
    except ImportProblem as problem:
        raise SourceProblem(f"{source.path}: {FILE} {problem.message}") from None
    except ValidationError as problem:
        where = ".".join(map(str, problem.errors()[0]["loc"])) or "it"
        raise SourceProblem(f"{source.path}: {FILE}: {where}: {problem.errors()[0]['msg']}") from None
    except (ValueError, RecursionError):
        raise SourceProblem(f"{source.path}: {FILE} is not JSON") from None
