"""The source formats by name, with the files that can be sent of each; apart from the importers, which are large."""

FORMATS: dict[str, tuple[str, ...]] = {
    "akoma-ntoso": (".zip", ".xml"),
    "canada-laws": (".zip",),
    "csv": (".zip", ".csv"),
    "markdown": (".zip", ".md"),
}
