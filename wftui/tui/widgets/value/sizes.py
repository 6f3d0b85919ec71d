"""Human-readable sizes."""


def size_text(count: int) -> str:
    """Format a number of bytes: `812 B`, `16 kB`, `50.2 MB`."""
    if count < 1000:
        return f"{count} B"
    size = count / 1000
    for unit in ("kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 100 or unit == "kB" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
