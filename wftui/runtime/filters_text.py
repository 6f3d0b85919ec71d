"""Filters on texts."""

import base64
import hashlib
import json
import textwrap
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.model.text.text_lines import split_lines
from wftui.runtime import values
from wftui.runtime.language.arguments import text_argument, whole_argument
from wftui.runtime.language.declarations import Table, declare
from wftui.runtime.language.json_kinds import shown
from wftui.runtime.language.limits import check_text
from wftui.runtime.patterns import safety
from wftui.runtime.workflow_errors import BindingError

TEXT_FILTERS: Table = {}


@declare(TEXT_FILTERS, "upper", gives="string")
def upper(value: Json) -> str:
    """The text in upper case.

    >>> "abc" | upper
    "ABC"
    """
    return text_argument(value, "upper").upper()


@declare(TEXT_FILTERS, "lower", gives="string")
def lower(value: Json) -> str:
    """The text in lower case.

    >>> "ABC" | lower
    "abc"
    """
    return text_argument(value, "lower").lower()


@declare(TEXT_FILTERS, "capitalize", gives="string")
def capitalize(value: Json) -> str:
    """The text with the first letter in upper case, the others in lower case.

    >>> "hello World" | capitalize
    "Hello world"
    """
    return text_argument(value, "capitalize").capitalize()


@declare(TEXT_FILTERS, "title", gives="string")
def title(value: Json) -> str:
    """The text with each word capitalized.

    >>> "hello wORLD" | title
    "Hello World"
    """
    words = safety.WORD_STARTS.split(text_argument(value, "title"))
    return "".join(word[:1].upper() + word[1:].lower() for word in words if word)


@declare(TEXT_FILTERS, "trim", gives="string")
def trim(value: Json, chars: Json = None) -> str:
    """The text without white space (or the given characters) at both ends.

    >>> "  abc " | trim
    "abc"
    >>> "//a/b/" | trim("/")
    "a/b"
    """
    return text_argument(value, "trim").strip(None if chars is None else text_argument(chars, "trim"))


@declare(TEXT_FILTERS, "replace", gives="string")
def replace(value: Json, old: Json, new: Json, count: Json = None) -> str:
    """The text with every `old` (or the first `count`) replaced by `new`.

    >>> "a-b-c" | replace("-", "+")
    "a+b+c"
    >>> "a-b-c" | replace("-", "", 1)
    "ab-c"
    """
    subject, old_text, new_text = (
        text_argument(value, "replace"),
        text_argument(old, "replace"),
        text_argument(new, "replace"),
    )
    times = -1 if count is None else whole_argument(count, "replace")
    found = subject.count(old_text) if times < 0 else min(subject.count(old_text), times)
    check_text(len(subject) + found * max(len(new_text) - len(old_text), 0), "replace")
    return subject.replace(old_text, new_text, times)


@declare(TEXT_FILTERS, "split", gives="array")
def split(value: Json, separator: Json = None, limit: Json = None) -> list[str]:
    """The parts of a text between separators; without a separator, its words.

    >>> "a, b" | split(", ")
    ["a", "b"]
    >>> " a  b " | split
    ["a", "b"]
    """
    if separator == "":
        raise BindingError("binding.value", "the filter split needs a separator that is not empty")
    by = None if separator is None else text_argument(separator, "split")
    return text_argument(value, "split").split(by, -1 if limit is None else whole_argument(limit, "split"))


@declare(TEXT_FILTERS, "lines", gives="array")
def lines(value: Json) -> list[str]:
    r"""The lines of a text, without line ends.

    >>> "a\nb\n" | lines
    ["a", "b"]
    """
    return split_lines(text_argument(value, "lines"))


@declare(TEXT_FILTERS, "truncate", gives="string")
def truncate(value: Json, length: Json = 255, killwords: Json = False, end: Json = "...", leeway: Json = 5) -> str:
    """At most `length` characters; `end` replaces the rest.

    Words stay whole unless `killwords` is true.

    >>> "one two three four" | truncate(12)
    "one two..."
    >>> "one two three four" | truncate(9, true, "…")
    "one two …"
    """
    subject, size, mark = (
        text_argument(value, "truncate"),
        whole_argument(length, "truncate"),
        text_argument(end, "truncate"),
    )
    if size < len(mark):
        raise BindingError("binding.value", f"the filter truncate needs a length of at least {len(mark)}")
    if len(subject) <= size + max(whole_argument(leeway, "truncate"), 0):
        return subject
    kept = subject[: size - len(mark)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + mark


@declare(TEXT_FILTERS, "center", gives="string")
def center(value: Json, width: Json = 80) -> str:
    """The text centered in `width` characters.

    >>> "ab" | center(6)
    "  ab  "
    """
    size = whole_argument(width, "center")
    check_text(size, "center")
    return text_argument(value, "center").center(size)


@declare(TEXT_FILTERS, "indent", gives="string")
def indent(value: Json, width: Json = 4, first: Json = False, blank: Json = False) -> str:
    r"""Every line but the first (all with `first`) indented by `width` spaces.

    >>> "a\nb" | indent(2)
    "a\n  b"
    """
    subject = text_argument(value, "indent")
    margin = width if isinstance(width, str) else " " * min(whole_argument(width, "indent"), 1000)
    check_text(len(subject) + (subject.count("\n") + 1) * len(margin), "indent")
    moved = textwrap.indent(subject, margin, None if not blank else lambda line: True)
    return moved if first or not moved.startswith(margin) else moved[len(margin) :]


@declare(TEXT_FILTERS, "wordcount", gives="integer")
def wordcount(value: Json) -> int:
    """The number of words.

    >>> "one two" | wordcount
    2
    """
    return len(safety.WORDS.findall(text_argument(value, "wordcount")))


@declare(TEXT_FILTERS, "startswith", gives="boolean")
def startswith(value: Json, start: Json) -> bool:
    """True for a text that starts with another.

    >>> "main.py" | startswith("main")
    true
    """
    return text_argument(value, "startswith").startswith(text_argument(start, "startswith"))


@declare(TEXT_FILTERS, "endswith", gives="boolean")
def endswith(value: Json, end: Json) -> bool:
    """True for a text that ends with another.

    >>> "main.py" | endswith(".py")
    true
    """
    return text_argument(value, "endswith").endswith(text_argument(end, "endswith"))


@declare(TEXT_FILTERS, "string", gives="string")
def string(value: Json) -> str:
    """The value as text: a text as it is, everything else as JSON.

    >>> 12 | string
    "12"
    >>> [1, true] | string
    "[1, true]"
    """
    made = values.to_text(value)
    check_text(len(made), "string")
    return made


@declare(TEXT_FILTERS, "tojson", gives="string")
def tojson(value: Json, indent: Json = None) -> str:
    """The value as JSON text.

    >>> {"a": "b"} | tojson
    "{\\"a\\": \\"b\\"}"
    """
    if indent is None:
        return values.json_text(value)
    return json.dumps(values.plain(value), ensure_ascii=False, indent=min(whole_argument(indent, "tojson"), 16))


@declare(TEXT_FILTERS, "fromjson")
def fromjson(value: Json) -> Json:
    """The value that a JSON text holds.

    >>> "[1, 2]" | fromjson
    [1, 2]
    """
    try:
        return read_json(text_argument(value, "fromjson"))
    except ValueError as error:
        raise BindingError("binding.value", f"the text is not JSON: {error}") from None


@declare(TEXT_FILTERS, "urlencode", gives="string")
def url_encode(value: Json) -> str:
    """A text encoded for a URL; an object becomes a query.

    >>> "a b/c?" | urlencode
    "a%20b/c%3F"
    >>> {"q": "a b", "n": 1} | urlencode
    "q=a%20b&n=1"
    """
    if isinstance(value, Mapping):
        return urlencode([(str(key), values.to_text(entry)) for key, entry in value.items()], quote_via=quote)
    return quote(values.to_text(value), safe="/")


@declare(TEXT_FILTERS, "urldecode", gives="string")
def url_decode(value: Json) -> str:
    """A text decoded from a URL, whose bytes must be UTF-8.

    >>> "a%20b" | urldecode
    "a b"
    """
    text = text_argument(value, "urldecode")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise BindingError("binding.type", f"the filter urldecode needs bytes of UTF-8, not {shown(text)}") from None


@declare(TEXT_FILTERS, "b64encode", gives="string")
def b64encode(value: Json) -> str:
    """The text (as UTF-8) in base64.

    >>> "hello" | b64encode
    "aGVsbG8="
    """
    return base64.b64encode(text_argument(value, "b64encode").encode()).decode()


@declare(TEXT_FILTERS, "b64decode", gives="string")
def b64decode(value: Json) -> str:
    """The text decoded from base64.

    >>> "aGVsbG8=" | b64decode
    "hello"
    """
    try:
        return base64.b64decode(text_argument(value, "b64decode"), validate=True).decode()
    except ValueError:
        raise BindingError("binding.value", f"the text is not base64 of UTF-8 text: {shown(value)}") from None


@declare(TEXT_FILTERS, "sha256", gives="string")
def sha256(value: Json) -> str:
    """The SHA-256 of the text (as UTF-8), in hexadecimal.

    >>> "abc" | sha256 | truncate(8, true, "", 0)
    "ba7816bf"
    """
    return hashlib.sha256(text_argument(value, "sha256").encode()).hexdigest()


@declare(TEXT_FILTERS, "regex_search")
def regex_search(value: Json, pattern: Json, group: Json = 0) -> Json:
    r"""The first match, or one group of it; null without a match.

    Patterns that could take too long are refused.

    >>> "version 1.24" | regex_search("[0-9.]+")
    "1.24"
    >>> "a=1" | regex_search("([a-z])=([0-9])", 2)
    "1"
    """
    expression = safety.compiled(text_argument(pattern, "regex_search"))
    found = expression.search(safety.subject(text_argument(value, "regex_search"), expression.pattern))
    try:
        return found[group] if found else None
    except IndexError:
        raise BindingError("binding.value", f"the pattern has no group {group!r}") from None


@declare(TEXT_FILTERS, "regex_findall", gives="array")
def regex_findall(value: Json, pattern: Json) -> list[Json]:
    r"""All matches; with groups, a list of the groups of each.

    >>> "a1 b22" | regex_findall("[0-9]+")
    ["1", "22"]
    """
    expression = safety.compiled(text_argument(pattern, "regex_findall"))
    found = expression.findall(safety.subject(text_argument(value, "regex_findall"), expression.pattern))
    return [list(match) if isinstance(match, tuple) else match for match in found]


@declare(TEXT_FILTERS, "regex_replace", gives="string")
def regex_replace(value: Json, pattern: Json, new: Json) -> str:
    r"""The text with all matches replaced; `\1` in `new` is the first group.

    >>> "2026-11-22" | regex_replace("-", "/")
    "2026/11/22"
    """
    replacement = text_argument(new, "regex_replace")
    expression = safety.compiled(text_argument(pattern, "regex_replace"))
    size = 0

    def put(found: "safety.Match") -> str:
        nonlocal size
        made = found.expand(replacement)
        size += len(made)
        check_text(size, "regex_replace")
        return made

    try:
        return expression.sub(put, safety.subject(text_argument(value, "regex_replace"), expression.pattern))
    except (safety.PatternError, IndexError) as error:
        raise BindingError("binding.value", f"the replacement does not fit the pattern: {error}") from None
