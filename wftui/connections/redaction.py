"""The one choke point for secrets: every event passes a `Redactor` before it leaves the executor."""

from bisect import bisect_left
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, MatchKind

from wftui.connections.secret_forms import MINIMUM_LENGTH, secret_forms
from wftui.model.base import Json

MASK = "***"


class Redactor:
    """Masks a set of secrets, in all the forms they turn up in.

    Secrets shorter than six characters are not masked; `unmasked` counts them, so that a caller can warn.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.unmasked = 0
        self._forms: set[str] = set()
        self._matcher: AhoCorasick | None = None
        self._sorted: list[str] = []
        self._heads: frozenset[str] = frozenset()
        self._longest = 0
        self._stale = False
        for secret in secrets:
            self.add(secret)

    def __bool__(self) -> bool:
        return bool(self._forms)

    def add(self, secret: str) -> None:
        """Mask this secret too, from now on."""
        forms = secret_forms(secret)
        if not forms and secret:
            self.unmasked += 1
        if not forms <= self._forms:
            self._forms |= forms
            self._stale = True

    def redact_text(self, text: str) -> str:
        """The text with every secret replaced by `***`."""
        spans = self._spans(text)
        return _mask(text, spans) if spans else text

    def redact(self, value: Json) -> Json:
        """The value with secrets masked in every text, key and number of it; what needs no change is not copied."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, dict):
            redacted = {self.redact_text(key): self.redact(inner) for key, inner in value.items()}
            changed = len(redacted) != len(value) or any(
                left is not right or key != other
                for (key, left), (other, right) in zip(redacted.items(), value.items(), strict=True)
            )
            return redacted if changed else value
        if isinstance(value, list):
            items = [self.redact(inner) for inner in value]
            return items if any(left is not right for left, right in zip(items, value, strict=True)) else value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return MASK if self._spans(str(value)) else value
        return value

    def stream(self) -> "StreamRedactor":
        """A redactor for text that comes in chunks; secrets added later are not seen by it."""
        return StreamRedactor(self)

    def _refresh(self) -> None:
        if self._stale:
            self._sorted = sorted(self._forms)
            self._matcher = AhoCorasick(self._sorted, matchkind=MatchKind.Standard)
            self._heads = frozenset(form[:MINIMUM_LENGTH] for form in self._sorted)
            self._longest = max(map(len, self._sorted))
            self._stale = False

    def _spans(self, text: str) -> list[tuple[int, int]]:
        # Overlapping matches are merged: of two secrets that share a few characters neither may leave a rest behind.
        self._refresh()
        if self._matcher is None:
            return []
        merged: list[tuple[int, int]] = []
        for start, end in sorted(
            (start, end) for _, start, end in self._matcher.find_matches_as_indexes(text, overlapping=True)
        ):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _open_end(self, text: str) -> int:
        """Where the earliest suffix of the text begins that may grow into a secret; its length when there is none."""
        self._refresh()
        for start in range(max(0, len(text) - self._longest + 1), len(text)):
            head = text[start : start + MINIMUM_LENGTH]
            if len(head) == MINIMUM_LENGTH and head not in self._heads:
                continue
            suffix = text[start:]
            found = bisect_left(self._sorted, suffix)
            if found < len(self._sorted) and self._sorted[found].startswith(suffix):
                return start
        return len(text)


class StreamRedactor:
    """Redacts text in chunks; holds back only what may be the beginning of a secret."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""
        self._masked = 0  # so many characters of what is held are already shown as masked

    def feed(self, chunk: str) -> str:
        """The part of what has come so far that is safe to show."""
        text = self._held + chunk
        border = self._redactor._open_end(text)
        spans = self._spans(text)
        shown = _mask(text, spans, begin=self._masked, end=border)
        self._held = text[border:]
        self._masked = max((min(end, len(text)) - border for start, end in spans if start < border < end), default=0)
        return shown

    def flush(self) -> str:
        """The rest, at the end of the stream."""
        text, self._held = self._held, ""
        shown = _mask(text, self._spans(text), begin=self._masked, end=len(text))
        self._masked = 0
        return shown

    def _spans(self, text: str) -> list[tuple[int, int]]:
        spans = self._redactor._spans(text)
        if not self._masked:
            return spans
        while spans and spans[0][0] <= self._masked:
            self._masked = max(self._masked, spans.pop(0)[1])
        return [(0, self._masked), *spans]


def _mask(text: str, spans: list[tuple[int, int]], *, begin: int = 0, end: int | None = None) -> str:
    """The stretch `begin:end` of the text, each span that begins in it as one mask."""
    end = len(text) if end is None else end
    parts: list[str] = []
    position = begin
    for start, stop in spans:
        if start >= end:
            break
        if stop <= begin:
            continue
        if start >= begin:
            parts += [text[position:start], MASK]
        position = stop
    parts.append(text[position:end])
    return "".join(parts)
