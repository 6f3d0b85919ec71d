"""Progress lines of programs: `::progress 0.4 message` or `::progress 40% …`."""

import re

_LINE = re.compile(r"^::progress\s+(\d+(?:\.\d+)?)(%?)(?:\s+(.*))?$")


def split_progress(text: str) -> tuple[str, list[tuple[float, str | None]]]:
    """Split text into other lines and progress: (fraction, message)."""
    if "::progress" not in text:
        return text, []
    lines: list[str] = []
    progress: list[tuple[float, str | None]] = []
    for line in text.split("\n"):
        found = _LINE.match(line)
        if found is None:
            lines.append(line)
        else:
            fraction = float(found[1]) / (100 if found[2] else 1)
            progress.append((min(1.0, fraction), found[3]))
    return "\n".join(lines), progress
