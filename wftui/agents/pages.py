"""Pages of the documentation for authors, as shipped with the package."""

import re
from pathlib import Path

_LIST = Path(__file__).with_name("pages.txt")


def pages_path() -> Path:
    """Return the folder of the pages: installed, or `docs/` of a checkout."""
    installed = Path(__file__).parent / "pages"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "docs"


def page_names() -> list[str]:
    """Return the names of the pages, without `.md`."""
    return [name.removesuffix(".md") for name in _LIST.read_text(encoding="utf-8").split()]


def page(name: str) -> str | None:
    """Return the text of a page, or None."""
    return (pages_path() / f"{name}.md").read_text(encoding="utf-8") if name in page_names() else None


def page_title(name: str) -> str:
    """Return the heading of a page."""
    found = re.search(r"^# (.+)", page(name) or "", re.MULTILINE)
    return found[1] if found else name
