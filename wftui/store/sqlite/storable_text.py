"""Texts that SQLite takes."""


def storable(text: str) -> str:
    r"""Return a storable text: lone surrogates are escaped, as in `\udc80`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
