"""The source formats that can be imported, by the name they have on the command line."""

from collections.abc import Callable

from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.canada_laws import CanadaLaws
from services.policy.imports.markdown import Markdown
from services.policy.imports.model import Importer
from services.policy.imports.tabular import Tabular

IMPORTERS: dict[str, Callable[[], Importer]] = {
    "akoma-ntoso": AkomaNtoso,
    "canada-laws": CanadaLaws,
    "csv": Tabular,
    "markdown": Markdown,
}
