"""Forms of a secret in text: encoded by shells, JSON, URLs, base64 and others."""

import base64
import contextlib
import json
import quopri
import re
import shlex
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote

from wftui.model.json.incremental import read_json

MINIMUM_LENGTH = 6
"""Shorter forms are not searched for: masking every `a` of a text reveals more than it hides."""

_SHORT_FORM = 4
"""Minimum length of an encoding of a short secret: the hexadecimal digits of one character are a number of the text."""

_WRAPPED_LINE_BYTES = (57, 48)
"""Bytes per line of `base64` and PEM writers: 76 and 64 characters."""

_IN_QUERY = "!$%&'()*+,/:;=?@[\\]^`{|}"
_IN_PATH = "!$%&'()*+,/:;=@[\\]^|"
_IN_FRAGMENT = "!#$%&'()*+,/:;=?@[\\]^{|}"
_URL_SAFE = ("", "/", "!'()*", "!#$&'()*+,/:;=?@[]", _IN_QUERY, _IN_PATH, _IN_FRAGMENT, "!$%&'()*+,", "!$%&'()*+,:")
"""Unquoted characters, by encoder: `quote` (full, path), JavaScript (`encodeURIComponent`, `encodeURI`), and browsers
and HTTP libraries in a query, path, fragment and user info."""

_SCHEMES = ("basic", "bearer", "token")
"""Schemes before the secret in an `Authorization` header."""

_URL_MARKS = re.compile(r"[/?#@:=&\[\]]")

_NAMED = re.compile(
    r"""(?:pass(?:word|wd|phrase)?|pwd|secret|token|key|sig(?:nature)?)\w*\s*[=:]\s*"""
    r"""(?:"([^"]+)"|'([^']+)'|\{([^}]+)\}|([^\s;&,"']+))""",
    re.IGNORECASE,
)
"""A value with the name of a secret: of a connection string, a query, a file of variables, YAML."""

_NETRC = re.compile(r"\bmachine\s+\S+(?:\s+\S+\s+\S+)??\s+password\s+(\S+)")

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""Control characters, which logs drop."""

_ENTITIES = (
    ("&#39;", "&#34;"),
    ("&#x27;", "&quot;"),
    ("&#39;", "&quot;"),
    ("&apos;", "&quot;"),
    ("'", "&quot;"),
    ("'", '"'),
)
"""Apostrophes and quotation marks as writers of HTML and XML escape or leave them."""


def secret_forms(secret: str) -> set[str]:
    """Return all texts to mask for one secret, each in every encoding.

    The secret, its lines, its JSON leaves, its values with the name of a secret, the password of a URL, and the token
    after `Bearer`. Empty when none of them has `MINIMUM_LENGTH` characters.
    """
    return set().union(*map(encodings, _parts(secret)))


def encodings(text: str) -> set[str]:
    """Return a text in every encoding, without forms that are short or only braces."""
    forms = set(_encodings(text))
    forms |= {"".join(form.split()) for form in forms}  # as they are looked for in indented lines
    return {form for form in forms if len(form) >= MINIMUM_LENGTH and form.strip("{} \t\r\n")}


def short_forms(secret: str) -> set[str]:
    """Return what to mask, as a word of its own, for a secret below `MINIMUM_LENGTH`."""
    from html import escape

    data = secret.encode("utf-8", "surrogatepass")
    written = {quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace"), escape(secret)}
    written |= {json.dumps(secret)[1:-1], base64.b64encode(data).decode("ascii"), data.hex()}
    return {secret, *(form for form in written if len(form) >= _SHORT_FORM)}


def _parts(secret: str) -> set[str]:
    parts = {secret, secret.strip(), _CONTROL.sub("", secret)}
    parts.update(line.strip() for line in secret.splitlines())
    scheme, _, credentials = secret.partition(" ")
    if scheme.lower() in _SCHEMES:
        parts.add(credentials.strip())
    if scheme.lower() == "basic":
        parts.update(_of_user(credentials.strip()))
    if "://" in secret:
        parts.update(_passwords(secret))
    for found in (*_NAMED.finditer(secret), *_NETRC.finditer(secret)):
        parts.update(piece for value in found.groups("") for piece in (value, unquote(value)))
    if secret.lstrip()[:1] in ("{", "["):
        # If it is not JSON, the whole and its lines are masked anyway.
        with contextlib.suppress(ValueError, RecursionError):
            parts.update(_leaves(read_json(secret)))
    return {part for part in parts if len(part) >= MINIMUM_LENGTH}


def _passwords(url: str) -> Iterator[str]:
    """Yield the password of a URL, whole and in parts.

    If it is not encoded, readers take a part of it for the host, the port or the path.
    """
    user, at, _ = url.partition("://")[2].rpartition("@")
    _, _, password = user.partition(":")
    if at:
        yield password
        yield unquote(password)
        yield from _URL_MARKS.split(password)


def _of_user(credentials: str) -> Iterator[str]:
    # If they are not base64, they are masked as they are.
    with contextlib.suppress(ValueError):
        text = base64.b64decode(credentials, validate=True).decode()
        yield text
        yield text.partition(":")[2]


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield from (line.strip() for line in value.splitlines())
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _encodings(text: str) -> Iterator[str]:
    yield text
    yield from (text.lower(), text.upper())
    yield from _json_escapes(text)
    yield from _url_quotes(text)
    yield from _shell_quotes(text)
    for quoted in {*_doubled_quotes(text), *_markup_escapes(text)}:
        yield quoted
        if '"' in quoted or "\\" in quoted:
            yield from (json.dumps(quoted, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    yield repr(text)[1:-1]
    data = text.encode("utf-8", "surrogatepass")
    yield repr(data)[2:-1]
    yield quopri.encodestring(data).decode("ascii").replace("=\n", "")
    yield from _hexadecimals(data)
    yield text.encode("utf-16-le", "surrogatepass").hex()
    yield from _base64_pieces(data)
    yield from _base64_pieces(text.encode("utf-16-le", "surrogatepass"))
    base32 = base64.b32encode(data).decode("ascii")[: len(data) * 8 // 5]
    yield from (base32, base32.lower())
    yield from (base64.a85encode(data).decode("ascii"), base64.b85encode(data).decode("ascii"))
    yield from (mark.join(map(str, data)) for mark in (" ", ",", ", "))
    if not text.isascii():
        yield from _without_ascii_only_limits(text, data)


def _json_escapes(text: str) -> Iterator[str]:
    for outer_ascii in (True, False):
        once = json.dumps(text, ensure_ascii=outer_ascii)[1:-1]
        yield once
        yield once.replace("/", "\\/")
        for inner_ascii in (True, False):
            yield json.dumps(once, ensure_ascii=inner_ascii)[1:-1]
        # Some writers make JSON for use inside of a page: Go and PHP escape markup, .NET and JavaScript quotes as well.
        for escaped in ("<>&", "<>&'", "<>&'+`"):
            safe = re.sub(f"[{escaped}]", _unicode_escape, once)
            yield safe
            upper = re.sub(r"\\u([0-9a-f]{4})", lambda found: f"\\u{found[1].upper()}", safe)
            yield upper
            yield upper.replace('\\"', "\\u0022")


def _unicode_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _url_quotes(text: str) -> Iterator[str]:
    found = [quote(text, safe=safe, errors="replace") for safe in _URL_SAFE]
    found.append(quote_plus(text, errors="replace"))
    before, fragment_mark, fragment = text.partition("#")
    path, query_mark, query = before.partition("?")
    if fragment_mark or query_mark:  # clients quote the rest as a query, and as a fragment
        end = fragment_mark + quote(fragment, safe=_IN_FRAGMENT, errors="replace")
        found.append(quote(before, safe=_IN_QUERY, errors="replace") + end)
        rest = query_mark + quote(query, safe=_IN_QUERY, errors="replace")
        found.append(quote(path, safe=_IN_PATH, errors="replace") + rest + end)
    for quoted in found:
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)


def _shell_quotes(text: str) -> Iterator[str]:
    quoted = shlex.quote(text)
    yield quoted[1:-1] if quoted.startswith("'") and quoted.endswith("'") else quoted
    yield text.replace("'", "'\\''")
    yield re.sub(r"([^\w@%+=:,./\n-])", r"\\\1", text)
    yield re.sub(r'(["\\$`])', r"\\\1", text)
    yield re.sub(r"([\\'\"])", r"\\\1", text)


def _doubled_quotes(text: str) -> Iterator[str]:
    """Yield a text as SQL, CSV and YAML quote it."""
    for mark in "'\"`":
        yield text.replace(mark, 2 * mark)
    yield text.replace("\\", "\\\\").replace("'", "''")


def _markup_escapes(text: str) -> Iterator[str]:
    from html import escape

    once = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for apostrophe, mark in _ENTITIES:
        escaped = once.replace("'", apostrophe).replace('"', mark)
        yield escaped
        yield escaped.encode("ascii", "xmlcharrefreplace").decode("ascii")
    yield once.replace("'", "&#39;").replace('"', "&#34;").replace("+", "&#43;")
    yield escape(once)


def _without_ascii_only_limits(text: str, data: bytes) -> Iterator[str]:
    """Yield forms of letters beyond ASCII: of file systems, git, host names, mojibake."""
    yield data.decode("latin-1")
    yield data.decode("cp1252", "replace")
    for form in ("NFC", "NFD", "NFKC"):
        normal = unicodedata.normalize(form, text)
        yield normal
        yield normal.lower()
    yield "".join(chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}" for byte in data)
    yield ".".join(map(_domain_label, unicodedata.normalize("NFKC", text).lower().split(".")))


def _domain_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode", "ignore").decode("ascii")


def _hexadecimals(data: bytes) -> Iterator[str]:
    digits = data.hex()
    pairs = [digits[start : start + 2] for start in range(0, len(digits), 2)]
    yield from (digits, digits.upper(), " ".join(pairs), ":".join(pairs), ":".join(pairs).upper())
    yield from ("-".join(pairs).upper(), "\\x".join(pairs), "%".join(pairs).upper())
    for shift in range(2):  # `xxd` puts two bytes together
        groups = ["".join(pairs[max(0, start) : start + 2]) for start in range(-shift, len(pairs), 2)]
        yield " ".join(groups)
    yield from (mark.join(f"0x{pair}" for pair in pairs) for mark in (",", ", "))


def _base64_pieces(data: bytes) -> Iterator[str]:
    # Within other data a secret starts at one of three alignments, each encoded differently. The first and last
    # characters also depend on the surrounding data and are left out.
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + data).decode("ascii")
        piece = encoded[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6]
        yield piece
        yield piece.replace("+", "-").replace("/", "_")
    for width in _WRAPPED_LINE_BYTES:
        if len(data) > width:
            for start in range(0, len(data), width):
                yield base64.b64encode(data[start : start + width]).decode("ascii").rstrip("=")
