"""Random secrets, the encodings to search for, and a search for them."""

import base64
import json
import random
import shlex
import string
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus

from ahocorasick_rs import AhoCorasick

from wftui.model.base import Json

PLAIN = (string.ascii_letters + string.digits, string.ascii_letters + string.digits + "+/=_-")
WILD = (
    *PLAIN,
    string.printable.strip() + " ",
    "äöüßéøλ→漢字😀" + string.ascii_lowercase + "'\"\\$`{}",
)


BREAKS = ("\n", "\x1b[0m")
"""What a secret may be broken up by."""


def random_secrets(choose: random.Random, count: int, alphabets: tuple[str, ...] = WILD) -> list[str]:
    """Texts of 8 to 40 characters, none with a line end."""
    secrets: list[str] = []
    while len(secrets) < count:
        secret = "".join(choose.choices(choose.choice(alphabets), k=choose.randint(8, 40))).strip()
        if len(secret) >= 8 and len(secret.splitlines()) == 1:
            secrets.append(secret)
    return secrets


def encodings(secret: str) -> Iterator[str]:
    """A secret as programs write it: the text between the quotation marks."""
    data = secret.encode()
    yield secret
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield escape(secret)
    yield repr(secret)[1:-1]
    yield data.hex()
    yield data.hex().upper()
    yield shlex.quote(secret).strip("'")
    yield from (secret.lower(), secret.upper())
    yield from (secret.replace(mark, 2 * mark) for mark in "'\"")
    for apostrophe, mark in (("&#39;", "&#34;"), ("&#39;", "&quot;"), ("&apos;", "&quot;")):
        yield escape(secret).replace("&#x27;", apostrophe).replace("&quot;", mark)
    yield from (data.hex(" "), data.hex(":"))
    yield data.decode("latin-1")
    for code in ("&#{};", "&#x{:x};", "\\x{:02x}", "\\u{:04x}", "%{:02x}", "\\{:03o}"):
        if secret.isascii():
            yield "".join(code.format(ord(letter)) for letter in secret)
    yield secret.encode("utf-16-le").hex()
    yield from (base64.b32encode(data).decode().rstrip("=")[:-1], base64.b85encode(data).decode())
    yield ", ".join(map(str, data))
    for mark in BREAKS:
        broken = mark.join(secret[start : start + 5] for start in range(0, len(secret), 5))
        yield broken
        yield json.dumps(broken)[1:-1]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            whole = encode(bytes(shift) + data).decode()
            yield whole[4 if shift else 0 : len(whole) - 4]


class Search:
    """Looks for many secrets at once.

    Args:
        secrets: each is looked for in every encoding; of one with several lines, each line.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self.forms: dict[str, str] = {}
        for secret in secrets:
            for line in secret.splitlines():
                for form in encodings(line):
                    if len(form) >= 6:
                        self.forms[form] = secret
                        self.forms[form.encode().decode("latin-1")] = secret
        self._patterns = list(self.forms)
        self._matcher = AhoCorasick(self._patterns)

    def found_in(self, text: str | bytes) -> list[tuple[str, str]]:
        """(form, secret) of what is found, a few of them."""
        if isinstance(text, bytes):
            text = text.decode("latin-1")
        hits = self._matcher.find_matches_as_indexes(text)
        return [(self._patterns[index], self.forms[self._patterns[index]]) for index, _, _ in hits[:5]]


def texts_in(value: Json) -> Iterator[str]:
    """Every text in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
