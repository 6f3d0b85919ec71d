"""Lines of text."""


def split_lines(text: str) -> list[str]:
    """Split text at newlines, with or without a carriage return before them.

    `str.splitlines` also ends them at form feeds and other characters that are part of what people write.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines
