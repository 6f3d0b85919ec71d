"""Suggestions: the known word that a wrong one was probably meant to be."""

from collections.abc import Iterable


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """Return the nearest known word, or None when none is near."""
    # difflib costs 10 ms to import, and only a mistake needs it.
    import difflib

    candidates = sorted(set(known))
    folded = {candidate.lower().replace("_", "").replace("-", ""): candidate for candidate in candidates}
    simple = word.lower().replace("_", "").replace("-", "")
    if simple in folded:
        return folded[simple]
    found = difflib.get_close_matches(word[:100], candidates, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(guess: str | None, otherwise: str = "") -> str:
    """Return the end of a message: `; did you mean X?`, or `otherwise`."""
    return f"; did you mean {guess}?" if guess else otherwise
