"""Redaction of secrets: every event passes a `Redactor` on its way out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wftui.connections.matcher import WIDENED, Matcher, merged
from wftui.connections.secret_forms import MINIMUM_LENGTH, encodings, secret_forms, short_forms
from wftui.model.base import Json
from wftui.model.json.big_values import JSON_TYPES, TooDeepError, batches

if TYPE_CHECKING:
    from wftui.connections.text_views import Span

MASK = "***"
_SHORT_NUMBER = 4
"""Minimum digits of a short secret masked as a number; fewer are mostly counts and codes."""
_WATCHED = 16_384
"""Maximum length of a text that is searched for derived forms."""
_NUMBER = re.compile(r"[-+.0-9e]+")
_BETWEEN = "\n"
"""Between texts searched together: what continues in the next one is found, too."""
_SEARCHED_AT_ONCE = 64 * 1024
_MEMBERS = 1_000
_FEW = 8
"""Up to this many members, redacting one by one is faster than one search over all."""


class Redactor:
    """Masks a set of secrets in all their forms. Thread-safe.

    A secret shorter than six characters is masked as a whole value and as a word of its own, not as part of a word;
    `short` counts these, so that a caller can warn.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._matcher = Matcher()
        self._short: frozenset[str] = frozenset()
        self._words: re.Pattern[str] | None = None
        self._numbers = False  # whether one could be found in a number
        self._secrets: dict[str, None] = {}
        self._derived: dict[str, None] = {}
        for secret in secrets:
            self.add(secret)

    def __bool__(self) -> bool:
        return bool(self._matcher) or bool(self._short)

    def add(self, secret: str) -> None:
        """Add a secret to mask."""
        self._secrets[secret] = None
        forms = secret_forms(secret)
        self._numbers = self._numbers or any(map(_NUMBER.fullmatch, (secret, *forms)))
        self._matcher.add(forms)
        if 0 < len(secret) < MINIMUM_LENGTH and secret not in self._short:
            self._short = self._short | {secret}
            self._words = _words({form for short in self._short for form in short_forms(short)})

    def known(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the secrets and the texts derived from them, for a redactor elsewhere."""
        return tuple(self._secrets), tuple(self._derived)

    @property
    def short(self) -> int:
        """Number of secrets that are too short to be masked within a word."""
        return len(self._short)

    def holds_secret(self, text: str) -> bool:
        """Return whether a text contains a secret; long texts are not searched."""
        return len(text) <= _WATCHED and self.shows_secret(text)

    def shows_secret(self, text: str) -> bool:
        """Return whether a text of any length contains a secret."""
        return bool(self._spans(text))

    def add_derived(self, text: str) -> None:
        """Add a text derived from a secret, to mask as a whole in every encoding."""
        if len(text) >= MINIMUM_LENGTH:
            self._derived[text] = None
            forms = encodings(text)
            self._numbers = self._numbers or any(map(_NUMBER.fullmatch, forms))
            self._matcher.add(forms)

    def redact_text(self, text: str) -> str:
        """Return the text with every secret replaced by `***`."""
        spans = self._spans(text)
        return _mask(text, spans, len(text)) if spans else text

    def redact_beginning(self, text: str, length: int) -> str:
        """Return the redacted start of a text; a secret across the cut is masked too."""
        return _mask(text, self._spans(text[: length + WIDENED * max(MINIMUM_LENGTH, self._matcher.longest)]), length)

    def redact(self, value: Json) -> Json:
        """Return the value with secrets masked in texts, keys and numbers.

        Parts without secrets are not copied.
        """
        if isinstance(value, str):
            return MASK if value in self._short else self.redact_text(value)
        if isinstance(value, dict | list):
            if len(value) > _FEW and self._is_clean((value,)):
                return value
            return self._redact_members(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return MASK if self._numbers and self._is_secret_number(str(value)) else value
        return value

    def _redact_members(self, value: dict[str, Json] | list[Json]) -> Json:
        if isinstance(value, dict):
            redacted = {self.redact_text(key): self.redact(inner) for key, inner in value.items()}
            changed = len(redacted) != len(value) or any(
                left is not right or key != other
                for (key, left), (other, right) in zip(redacted.items(), value.items(), strict=True)
            )
            return redacted if changed else value
        items: list[Json] = []
        for start in range(0, len(value), _MEMBERS):
            members = value[start : start + _MEMBERS]
            clean = len(value) > _FEW and self._is_clean(members)
            items += members if clean else self._redact_items(members)
        return items if any(left is not right for left, right in zip(items, value, strict=True)) else value

    def _redact_items(self, items: list[Json]) -> list[Json]:
        """Return items redacted one by one, and as the lines of one text.

        A secret may be broken into them.
        """
        redacted = list(map(self.redact, items))
        start = 0
        while start < len(items):
            end = start
            while end < len(items) and isinstance(items[end], str):
                end += 1
            if end - start > 1:
                self._redact_lines(items, redacted, start, end)
            start = end + 1
        return redacted

    def _redact_lines(self, items: list[str], redacted: list[Json], start: int, end: int) -> None:
        spans = iter(self._spans(_BETWEEN.join(items[start:end])))
        span = next(spans, None)
        place = 0
        for index in range(start, end):
            after = place + len(items[index])
            inside: list[Span] = []
            whole = True
            while span is not None and span[0] < after:
                inside.append((max(0, span[0] - place), min(span[1], after) - place))
                whole = whole and place <= span[0] and span[1] <= after
                if span[1] > after:
                    break
                span = next(spans, None)
            if not whole:
                redacted[index] = _mask(items[index], inside, len(items[index]))
            place = after + len(_BETWEEN)

    def _is_clean(self, values: Iterable[Json]) -> bool:
        """Return whether some values certainly contain no secret, by a few large searches."""
        texts: list[str] = []
        size = 0
        try:
            for batch in batches(values):
                if not batch.kinds <= JSON_TYPES:
                    return False
                found = batch.of(str)
                if self._numbers:
                    found = [*found, *map(str, batch.of(int)), *map(str, batch.of(float))]
                texts += found
                size += sum(map(len, found))
                if size > _SEARCHED_AT_ONCE:
                    if self._is_in(texts):
                        return False
                    texts, size = [], 0
        except TooDeepError:
            return False
        return not self._is_in(texts)

    def _is_in(self, texts: list[str]) -> bool:
        return not self._short.isdisjoint(texts) or self.shows_secret(_BETWEEN.join(texts))

    def _spans(self, text: str) -> list[Span]:
        found = self._matcher.spans(text)
        if self._words is not None:
            words = [match.span() for match in self._words.finditer(text)]
            return merged([*found, *words]) if words else found
        return found

    def _is_secret_number(self, digits: str) -> bool:
        if len(digits) < MINIMUM_LENGTH:
            return len(digits) >= _SHORT_NUMBER and digits in self._short
        return bool(self._matcher.spans(digits))


def _words(texts: Iterable[str]) -> re.Pattern[str]:
    """Return what finds texts that are not part of a longer word."""
    borders = [
        ("" if not re.match(r"\w", text) else r"(?<!\w)")
        + re.escape(text)
        + ("" if not re.search(r"\w\Z", text) else r"(?!\w)")
        if re.search(r"\w", text)
        else rf"(?<!\S){re.escape(text)}(?!\S)"
        for text in sorted(texts, key=len, reverse=True)
    ]
    return re.compile("|".join(borders))


def _mask(text: str, spans: list[Span], end: int) -> str:
    """Return the text up to `end` with each span that starts in it masked."""
    parts: list[str] = []
    position = 0
    for start, stop in spans:
        if start >= end:
            break
        parts += [text[position:start], MASK]
        position = stop
    parts.append(text[position:end])
    return "".join(parts)
