"""Generated notations of secrets, whole and broken up, are masked.

The ways are written here on purpose with the standard library and by hand, not with the product.
"""

import base64
import csv
import html
import io
import json
import quopri
import random
import re
import shutil
import sqlite3
import subprocess
import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import httpx2
import pytest

from connections.secret_helpers import PLAIN, WILD, random_secrets
from wftui.connections.redaction import MASK, Redactor

SEED = 20261129
COUNT = 25


def _sql(secret: str) -> str:
    with sqlite3.connect(":memory:") as connection:
        return str(connection.execute("SELECT quote(?)", [secret]).fetchone()[0])[1:-1]


def _csv(secret: str) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow([secret])
    return text.getvalue().strip()[1:-1]


def _html(apostrophe: str, mark: str) -> Callable[[str], str]:
    return lambda secret: html.escape(secret).replace("&#x27;", apostrophe).replace("&quot;", mark)


def _json(escaped: str, upper: bool = False) -> Callable[[str], str]:
    def write(secret: str) -> str:
        text = json.dumps(secret)[1:-1]
        text = "".join(f"\\u{ord(letter):04x}" if letter in escaped else letter for letter in text)
        return re.sub(r"\\u([0-9a-f]{4})", lambda found: f"\\u{found[1].upper()}", text) if upper else text

    return write


HTML_WRITERS = [("&#39;", "&#34;"), ("&#x27;", "&quot;"), ("&#39;", "&quot;"), ("&apos;", "&quot;")]

WAYS: dict[str, Callable[[str], str]] = {
    "as it is": lambda secret: secret,
    "lower case": str.lower,
    "upper case": str.upper,
    "SQL": _sql,
    "CSV": _csv,
    "CSV in JSON": lambda secret: json.dumps(_csv(secret))[1:-1],
    "XML attribute": lambda secret: quoteattr(secret, {'"': "&quot;"})[1:-1],
    **{f"HTML {a} {q}": _html(a, q) for a, q in HTML_WRITERS},
    "HTML in ASCII": lambda secret: html.escape(secret).encode("ascii", "xmlcharrefreplace").decode(),
    "JSON of Go": _json("<>&"),
    "JSON of PHP": _json("<>&'"),
    "JSON of .NET": _json("<>&'+`", upper=True),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "hexadecimal with colons": lambda secret: secret.encode().hex(":"),
    "hexadecimal with spaces": lambda secret: secret.encode().hex(" "),
    "hexadecimal in upper case": lambda secret: secret.encode().hex("-").upper(),
    "hexadecimal escapes": lambda secret: "".join(f"\\x{byte:02x}" for byte in secret.encode()),
    "percent for each byte": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "base64 of UTF-16": lambda secret: base64.b64encode(secret.encode("utf-16-le")).decode(),
    "base32": lambda secret: base64.b32encode(secret.encode()).decode(),
    "quoted-printable": lambda secret: quopri.encodestring(secret.encode()).decode().replace("=\n", ""),
    "decomposed": lambda secret: unicodedata.normalize("NFD", secret),
    "quoted for a URL": lambda secret: quote(secret, safe=""),
}


def _after_each(mark: str, width: int) -> Callable[[str], str]:
    return lambda text: mark.join(text[start : start + width] for start in range(0, len(text), width))


BROKEN: dict[str, Callable[[str], str]] = {
    "whole": lambda text: text,
    "folded at 10": _after_each("\n", 10),
    "folded at 3, for Windows": _after_each("\r\n", 3),
    "folded and indented": _after_each("\n    ", 7),
    "in color": _after_each("\x1b[0m", 4),
    "in color and bold": _after_each("\x1b[1;38;5;200m", 5),
    "with a title between": _after_each("\x1b]0;title\x07", 6),
    "with C1 sequences": _after_each("\x9b31m", 6),
    "with backspaces": _after_each("\x08", 5),
    "with zero-width spaces": _after_each("\u200b", 3),
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_and_breaking_is_masked(way: str, broken: str) -> None:
    if way == "hexadecimal with spaces" and broken.startswith("folded"):
        broken = "folded and indented"  # as `od` prints it; a line may not begin with the space between two numbers
    for secret in random_secrets(random.Random(f"{SEED} {way}"), COUNT, WILD):
        _assert_masked(secret, WAYS[way](secret), BROKEN[broken])


@pytest.mark.parametrize(
    ("start", "secret"),
    [
        ("https://h/p", "bY{>c#%ab'%`}X"),
        ("https://h/p", '}"#0^+}%a0%9<>'),
        ("https://h/p", "&{}&/$?%/~%3c"),
        ("https://h/p", ">&{!?^}#}&@%00"),
        ("https://h/?q=", "9'X+?<=``%#%00"),
    ],
)
def test_a_secret_that_continues_in_another_part_of_a_url_is_masked(start: str, secret: str) -> None:
    assert Redactor([secret]).redact_text(f"{httpx2.URL(start + secret)}") == f"{start}{MASK}"


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("levels", [1, 2])
def test_json_of_wrapped_secrets_is_masked(levels: int, broken: str) -> None:
    if levels == 2 and "folded" not in broken and "color" not in broken:
        broken = "in color"
    for secret in random_secrets(random.Random(SEED), COUNT, WILD):

        def write(text: str) -> str:
            text = BROKEN[broken](text)
            for _ in range(levels):
                text = json.dumps(text)[1:-1]
            return text

        _assert_masked(secret, secret, write)


def test_soft_line_breaks_of_mail_are_seen_through() -> None:
    for secret in random_secrets(random.Random(SEED), COUNT, WILD):
        _assert_masked(secret, secret, lambda text: quopri.encodestring(("." * 60 + text).encode()).decode())


def _assert_masked(secret: str, written: str, broken: Callable[[str], str]) -> None:
    redacted = Redactor([secret]).redact_text(f"#{broken(written)}|")
    assert MASK in redacted, (secret, redacted)
    # The last characters of an encoding of bytes depend on what follows; a first escape mark belongs to none.
    stretches = (broken(written)[start : start + 7] for start in range(len(broken(written)) - 7))
    left = redacted.replace(MASK, "")
    shown = [stretch for stretch in stretches if stretch in left and len(set(stretch) & set(written)) > 5]
    assert not shown, (secret, redacted)


@pytest.mark.parametrize("width", [3, 7, 20])
def test_secret_across_list_items_is_masked(width: int) -> None:
    for secret in random_secrets(random.Random(SEED), COUNT, PLAIN):
        lines = ["first", *textwrap.wrap(secret, width), "last"]
        for value in (lines, [*map(str, range(100, 140)), *lines]):
            redacted = Redactor([secret]).redact(value)
            assert redacted[-1] == "last"
            assert redacted[: -len(lines) + 1] == value[: -len(lines) + 1]
            assert set(redacted[-len(lines) + 1 : -1]) == {MASK}


def test_secret_in_a_host_name_is_masked() -> None:
    for name in ("GeheimesHaus", "Bücher-Regal", "ÄÖÜ-schlüssel", "秘密の家.Straße"):
        url = str(httpx2.URL(f"https://{name}.example/"))
        host = httpx2.URL(f"https://{name}.example/").raw_host.decode()
        for text in (url, host):
            assert Redactor([name]).redact_text(text) in (f"https://{MASK}.example/", f"{MASK}.example"), text


def _programs() -> Iterator[tuple[str, list[str]]]:
    yield "xxd", ["xxd", "-p"]
    yield "xxd", ["xxd", "-p", "-c", "5"]
    yield "fold", ["fold", "-w", "9"]
    yield "base64", ["base64", "-w", "8"]
    yield "base64", ["base64"]
    yield "base32", ["base32", "-w", "8"]
    yield "od", ["od", "-An", "-v", "-tx1"]
    yield "od", ["od", "-An", "-v", "-tx1", "-w500"]


@pytest.mark.parametrize(("program", "argv"), _programs(), ids=lambda value: " ".join(value))
def test_secrets_printed_by_programs_are_masked(program: str, argv: list[str]) -> None:
    if shutil.which(program) is None:
        argv = ["python3", "-c", "import sys; print(sys.stdin.buffer.read().hex('\\n', 5))"]
    for secret in random_secrets(random.Random(SEED), 5, PLAIN):
        printed = subprocess.run(argv, input=secret, capture_output=True, text=True, check=True).stdout
        rest = Redactor([secret]).redact_text(printed)
        assert MASK in rest
        assert len(rest.replace(MASK, "").strip(" \n=")) <= 3, (printed, rest)


@pytest.mark.parametrize("before", [b"", b"x", b"xx"])
def test_dump_in_groups_of_two_bytes_keeps_no_byte_of_a_secret(before: bytes) -> None:
    for secret in ("hunter2-hunter2", "hunter2-hunter"):
        dump = (before + secret.encode()).hex(" ", -2)
        masked = Redactor([secret]).redact_text(dump)
        assert masked.replace(MASK, "").replace(" ", "") == before.hex(), masked


def test_only_the_secret_is_masked() -> None:
    secrets = random_secrets(random.Random(SEED), 50, PLAIN)
    text = "\n".join(f"line {number}\x1b[1m of a log\x1b[0m, at {number * 7919:x}" for number in range(2_000))
    assert Redactor(secrets).redact_text(text) == text
    for secret in secrets[:5]:
        assert Redactor(secrets).redact_text(f"{text}\n{secret}\n{text}") == f"{text}\n{MASK}\n{text}"


def test_a_password_with_colons_in_a_url_is_masked() -> None:
    secret = "`~:=b:}%%00"
    assert Redactor([secret]).redact_text(f"{httpx2.URL(f'https://u:{secret}@h/')}") == f"https://u:{MASK}@h/"


SECRET, REST = "Sup3rSecret1", "0ther-Half"
COMPOSED = {
    "URL": f"postgresql://bob:{SECRET}@db.example/shop",
    "URL with a slash in the password": f"postgresql://bob:{SECRET}/{REST}@db.example/shop",
    "URL with an at in the password": f"postgresql://bob:{REST}@{SECRET}@db.example/shop",
    "URL with a question mark": f"mysql://bob:{REST}?x={SECRET}@db.example/shop",
    "URL with a password only": f"redis://:{SECRET}@db.example/0",
    "query": f"https://files.example/a?sv=2022&sig={SECRET}&se=2026",
    "connection string of libpq": f"host=db.example user=bob password='{SECRET}' dbname=shop",
    "connection string of ODBC": f"Driver={{SQL Server}};Server=db.example;Uid=bob;Pwd={{{SECRET}}};",
    "connection string of .NET": f"Server=db.example;User Id=bob;Password={SECRET};Encrypt=true",
    "connection string of Azure": f"AccountName=shop;AccountKey={SECRET};EndpointSuffix=example",
    "variables": f"export REGION=eu\nexport AWS_SECRET_ACCESS_KEY={SECRET}\n",
    "YAML": f"user: bob\ntoken: {SECRET}\nhost: db.example\n",
    "netrc": f"machine db.example login bob password {SECRET}",
    "netrc in lines": f"machine db.example\n  password {SECRET}\n  login bob\n",
    "Basic": "Basic " + base64.b64encode(f"bob:{SECRET}".encode()).decode(),
}


@pytest.mark.parametrize("composed", COMPOSED.values(), ids=COMPOSED)
def test_the_secret_within_a_composed_one_is_masked_and_the_rest_is_not(composed: str) -> None:
    redact = Redactor([composed]).redact_text
    assert redact(f"port {SECRET!r} is no number") == f"port '{MASK}' is no number"
    assert redact(f"Authorization {base64.b64encode(SECRET.encode()).decode()}") == f"Authorization {MASK}"
    assert redact("bob cannot reach db.example in eu: shop") == "bob cannot reach db.example in eu: shop"


@pytest.mark.parametrize(
    ("secret", "forms"),
    [
        ('a&"b', ["a%26%22b", "a&amp;&quot;b", 'a&\\"b', "YSYiYg==", "61262262"]),
        ("a\udc80", ["a\\udc80", "Ye2ygA==", "61edb280"]),
        ("a b+c", ["a%20b%2Bc", "a+b%2Bc", "YSBiK2M=", "6120622b63"]),
    ],
)
def test_short_secrets_are_masked_as_words_however_they_are_written(secret: str, forms: list[str]) -> None:
    redact = Redactor([secret]).redact_text
    for form in (secret, *forms):
        assert redact(f"is {form} here") == f"is {MASK} here"
    assert redact("is YSY here, or 6126") == "is YSY here, or 6126"
