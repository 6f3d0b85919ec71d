"""Secrets are masked in every form of the facts page, and nothing else is."""

import base64
import itertools
import json
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.connections.redaction import MASK, Redactor

SECRET = "pa$$'w\"ord/é\\x+y&z 7"
# Letters that do not occur in the text around it, so that what remains of a secret is seen.
SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="#|"), min_size=8, max_size=60).filter(
    lambda text: len(text.strip("{} \t\r\n")) >= 8 and len(text.splitlines()) == 1 and text.strip() == text
)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps({"k": SECRET})),
        json.dumps(json.dumps(SECRET, ensure_ascii=False), ensure_ascii=False),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        shlex.quote(SECRET),
        repr(SECRET),
        repr(SECRET.encode()),
        SECRET.encode().hex(),
        *(base64.b64encode(b"x" * shift + SECRET.encode() + b"yy").decode() for shift in range(3)),
        *(base64.urlsafe_b64encode(b"x" * shift + SECRET.encode() + b"yy").decode() for shift in range(3)),
    ],
)
def test_every_form_is_masked(form: str) -> None:
    redacted = Redactor([SECRET]).redact_text(f"before {form} after")
    assert MASK in redacted
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")
    assert "ord" not in redacted


@given(SECRETS, st.integers(0, 2))
@settings(max_examples=150)
def test_no_encoding_of_any_secret_survives(secret: str, shift: int) -> None:
    redactor = Redactor([secret])
    data = secret.encode()
    for form in (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret, ensure_ascii=False))[3:-3],
        quote(secret, safe=""),
        quote_plus(secret),
        shlex.quote(secret).removeprefix("'").removesuffix("'"),
        repr(secret)[1:-1],
        data.hex(),
    ):
        assert redactor.redact_text(f"#{form}|") == f"#{MASK}|"
    encoded = base64.b64encode(b"#" * shift + data).decode()
    assert MASK in redactor.redact_text(encoded)


def test_short_secrets_are_counted_and_not_masked() -> None:
    redactor = Redactor(["abc", "{", "", "{}{}{}{}"])
    assert redactor.redact_text('{"abc": {}{}{}{}}') == '{"abc": {}{}{}{}}'
    assert redactor.unmasked == 2


def test_each_line_and_each_json_leaf_is_masked() -> None:
    redactor = Redactor(["first-line\nsecond-line\nx", '{"token": "leaf-secret", "n": [12345678], "on": true}'])
    assert redactor.redact_text("a second-line b") == f"a {MASK} b"
    assert redactor.redact_text("leaf-secret true token") == f"{MASK} true token"
    assert redactor.redact({"pin": 12345678, "n": 1}) == {"pin": MASK, "n": 1}


def test_wrapped_base64_is_masked() -> None:
    secret = "".join(chr(97 + number % 26) for number in range(200))
    wrapped = base64.encodebytes(secret.encode()).decode()
    assert set(Redactor([secret]).redact_text(wrapped)) <= set("*\n=")


def test_overlapping_secrets_leave_no_rest() -> None:
    assert Redactor(["abcdef", "defghi", "abcdefghijk"]).redact_text("-abcdefghi-") == f"-{MASK}-"


def test_redact_reaches_keys_and_keeps_what_is_clean() -> None:
    redactor = Redactor(["hunter22"])
    clean = {"a": [1, None, True, "x"], "b": {"c": 1.5}}
    assert redactor.redact(clean) is clean
    assert redactor.redact({"hunter22": ["xhunter22x", 1], "k": clean}) == {MASK: [f"x{MASK}x", 1], "k": clean}


def test_a_secret_added_later_is_masked_from_then_on() -> None:
    redactor = Redactor()
    assert redactor.redact_text("late-secret") == "late-secret"
    redactor.add("late-secret")
    assert redactor.redact_text("late-secret") == MASK


@given(
    st.lists(st.text("ab", min_size=6, max_size=12), min_size=1, max_size=4),
    st.text("abc", max_size=80),
    st.lists(st.integers(0, 80), max_size=8),
)
@settings(max_examples=300)
def test_a_stream_shows_what_the_whole_text_would(secrets: list[str], text: str, cuts: list[int]) -> None:
    redactor = Redactor(secrets)
    stream = redactor.stream()
    borders = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    chunks = [text[left:right] for left, right in itertools.pairwise(borders)]
    shown = "".join(stream.feed(chunk) for chunk in chunks) + stream.flush()
    assert shown == redactor.redact_text(text)


def test_a_stream_holds_nothing_back_without_need() -> None:
    stream = Redactor(["hunter22"]).stream()
    assert stream.feed("plain text hun") == "plain text "
    assert stream.feed("ting") == "hunting"
    assert stream.feed(" hunter") == " "
    assert stream.feed("22!") == f"{MASK}!"
    assert stream.flush() == ""
