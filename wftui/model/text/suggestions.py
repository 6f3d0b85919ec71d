"""Suggestions: the known word that a wrong one was probably meant to be."""

from collections.abc import Iterable


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """Return the nearest known word, or None when none is near."""
    # difflib costs 10 ms to import, and only a mistake needs it.
    import difflib

    candidates = sorted(set(known))
    folded = {_letters(candidate): candidate for candidate in candidates}
    simple = _letters(word)
    if simple in folded:
        return folded[simple]
    found = difflib.get_close_matches(word[:100], candidates, n=1, cutoff=0.6)
    return found[0] if found else None


def mistyped(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably mistyped, or None.

    A word that is only similar often has a meaning of its own: `remove` is not `move`.
    """
    typed = _letters(word)
    found: list[tuple[int, str]] = []
    for candidate in known:
        meant = _letters(candidate)
        length = max(len(typed), len(meant))
        most = 2 if length >= _LONG else 1
        if typed == meant or (
            typed[:1] == meant[:1]
            and abs(len(typed) - len(meant)) <= most
            and [*filter(str.isdigit, typed)] == [*filter(str.isdigit, meant)]
            and (length >= _SHORT or {*typed} <= {*meant})
        ):
            slips = _slips(typed, meant)
            if slips <= most:
                found.append((slips, candidate))
    return min(found)[1] if found else None


_SHORT = 5
"""Letters of a word; in a shorter one, another letter mostly makes another word: `sub`, `sum`."""
_LONG = 8
"""Letters of a word in which two slips are likely."""


def _letters(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")


def _slips(typed: str, meant: str) -> int:
    """Return how many letters are missing, extra, other or swapped."""
    rows = [list(range(len(meant) + 1))]
    for at, letter in enumerate(typed, start=1):
        row = [at]
        for place, other in enumerate(meant, start=1):
            least = min(rows[-1][place] + 1, row[-1] + 1, rows[-1][place - 1] + (letter != other))
            if at > 1 and place > 1 and letter == meant[place - 2] and typed[at - 2] == other:
                least = min(least, rows[-2][place - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]


def did_you_mean(guess: str | None, otherwise: str = "") -> str:
    """Return the end of a message: `; did you mean X?`, or `otherwise`."""
    return f"; did you mean {guess}?" if guess else otherwise
