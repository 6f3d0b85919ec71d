"""Regions of a page that are made: the text between `<!-- made: NAME ARGUMENT -->` and `<!-- end -->`."""

import re
from collections.abc import Callable, Mapping

Maker = Callable[[str], str]
"""Makes the text of a region from its argument."""

_REGION = re.compile(r"(<!-- made: (\w+)(?: (\w+))? -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(page: str, makers: Mapping[str, Maker]) -> str:
    """Return a page with its regions as the code makes them; the text around them is written by hand.

    Raises:
        KeyError: a region has a name that no maker has.
    """
    return _REGION.sub(lambda found: f"{found[1]}{makers[found[2]](found[3] or '').strip()}\n{found[4]}", page)
