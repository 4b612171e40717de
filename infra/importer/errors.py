"""What the importers say when a file cannot be imported."""


class ImportFileError(Exception):
    """The file cannot be imported; the text says why and where, in one line."""
