"""Secrets are masked in every form of the facts page, and nothing else is."""

import base64
import html
import json
import re
import shlex
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, quote_plus

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.connections.redaction import MASK, Redactor
from wftui.connections.text_search import AutomatonSearch, PlainSearch, search_for

SECRET = "pa$$'w\"ord/é\\x+y&z 7"
# Letters that do not occur in the text around it, so that what remains of a secret is seen.
SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="#|"), min_size=8, max_size=60).filter(
    lambda text: len(text.strip("{} \t\r\n")) >= 8 and len(text.splitlines()) == 1 and text.strip() == text
)


@pytest.fixture(scope="module", params=["ahocorasick_rs", "plain Python"], autouse=True)
def search(request: pytest.FixtureRequest) -> Iterator[None]:
    """Look for secrets by the package, and as where there is none of it."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "plain Python":
            patch.setitem(sys.modules, "ahocorasick_rs", None)
        yield


def test_installed_search_is_used(request: pytest.FixtureRequest) -> None:
    plain = "plain Python" in request.node.name
    assert isinstance(search_for(["text"]), PlainSearch) is plain


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
def test_all_encodings_of_secrets_are_masked(secret: str, shift: int) -> None:
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


def test_short_secrets_are_counted_and_not_masked_as_part_of_a_word() -> None:
    redactor = Redactor(["abc", "{", "", "{}{}{}{}"])
    assert redactor.redact_text('{"abcd": {}{}{}{}} xabc abc_') == '{"abcd": {}{}{}{}} xabc abc_'
    assert redactor.short == 2


@pytest.mark.parametrize(
    "text", ["abc", "key=abc", '{"abc": 1}', "/abc/", "abc,x", "-abc-", "x\nabc\nx", "YWJj", "616263"]
)
def test_short_secret_is_masked_as_a_whole_word(text: str) -> None:
    redacted = Redactor(["abc"]).redact_text(text)
    assert MASK in redacted
    assert "abc" not in redacted


def test_a_short_secret_without_letters_is_masked_between_spaces() -> None:
    assert Redactor(["-$-"]).redact_text("a -$- b-$-c") == f"a {MASK} b-$-c"


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


def test_redact_masks_keys_and_keeps_clean_values() -> None:
    redactor = Redactor(["hunter22"])
    clean = {"a": [1, None, True, "x"], "b": {"c": 1.5}}
    assert redactor.redact(clean) is clean
    assert redactor.redact({"hunter22": ["xhunter22x", 1], "k": clean}) == {MASK: [f"x{MASK}x", 1], "k": clean}


def test_a_secret_added_later_is_masked_from_then_on() -> None:
    redactor = Redactor()
    assert redactor.redact_text("late-secret") == "late-secret"
    redactor.add("late-secret")
    assert redactor.redact_text("late-secret") == MASK


def test_a_short_secret_is_masked_as_a_whole_value() -> None:
    redactor = Redactor(["a", "true", "1234", "7", ""])
    assert redactor.short == 4
    assert redactor.redact_text("a truer story of 12345 and 77") == f"{MASK} truer story of 12345 and 77"
    assert redactor.redact({"k": ["a", "true", "1234", "ab"], "pin": 1234, "on": True, "count": 7, "none": ""}) == {
        "k": [MASK, MASK, MASK, "ab"],
        "pin": MASK,
        "on": True,
        "count": 7,
        "none": "",
    }


def test_secret_before_an_ellipsis_is_masked() -> None:
    redactor = Redactor(["correct horse battery staple"])
    assert redactor.redact_text("said correct horse…") == f"said {MASK}…"
    assert redactor.redact_text("said correct horse\n… 90 bytes cut …\nstaple, ok") == (
        f"said {MASK}\n… 90 bytes cut …\n{MASK}, ok"
    )
    assert redactor.redact_text("…horse battery staple") == f"…{MASK}"
    assert redactor.redact_text("a correct horse… of course") == f"a {MASK}… of course"
    for untouched in ("the correct horse.", "battery staple", "corr…", "…aple", "… …", "stable… correct"):
        assert redactor.redact_text(untouched) == untouched


@given(SECRETS, st.text("#|", max_size=20), st.integers(6, 60), st.booleans())
@settings(max_examples=150)
def test_half_a_secret_at_an_ellipsis_is_never_shown(secret: str, around: str, kept: int, head: bool) -> None:
    part = secret[:kept] if head else secret[-kept:]
    if len(part.strip()) < 6 or "…" in secret:
        return
    text = f"{around}{part}…" if head else f"…{part}{around}"
    assert part.strip() not in Redactor([secret]).redact_text(text)


@given(st.lists(SECRETS, min_size=1, max_size=5), st.integers(0, 200))
@settings(max_examples=150)
def test_truncated_secret_at_the_end_is_masked(secrets: list[str], length: int) -> None:
    text = "#".join(secrets)
    redactor = Redactor(secrets)
    shown = redactor.redact_beginning(text, length)
    assert not set(shown) - set("#*"), "nothing of a secret is left"
    assert shown.count("#") <= text[:length].count("#")


def test_the_password_of_a_url_is_masked_on_its_own() -> None:
    redactor = Redactor(["postgresql://ann:p%40ss%2Fw0rd@db.example/shop"])
    assert redactor.redact_text("p@ss/w0rd p%40ss%2Fw0rd db.example") == f"{MASK} {MASK} db.example"


@pytest.mark.parametrize(
    "url", ["https://h/{}", "https://h/?q={}", "https://h/#{}", "https://ann:{}@h/", "https://h/a?{}&b=1"]
)
def test_secret_in_a_url_is_masked_in_any_quoting(url: str) -> None:
    secret = "a'b(c)!d*e$f,g;h=i+j&k~l m[n]o|p%q^r`s{t}u"
    for value in (secret, quote(secret, safe="")):
        shown = Redactor([secret]).redact_text(str(httpx2.URL(url.format(value))))
        assert "*" in shown.replace("e$f", "")
        assert "(c)" not in shown, shown
        assert "%28c" not in shown, shown


def test_token_after_the_scheme_of_a_header_is_masked() -> None:
    assert Redactor(["Bearer tok-123456"]).redact_text("Bearer tok-123456, tok-123456") == f"{MASK}, {MASK}"


def test_secret_without_its_control_characters_is_masked() -> None:
    assert Redactor(["ab\x07cd\x1befgh"]).redact_text("abcdefgh") == MASK


def test_value_derived_from_a_secret_is_masked_as_a_whole() -> None:
    redactor = Redactor(["hunter-two"])
    redactor.add_derived("HUNTER-TWO\nand more")
    assert redactor.redact_text("HUNTER-TWO\nand more") == MASK
    assert redactor.redact_text("and more") == "and more", "its lines are not secrets of their own"
    assert redactor.redact_text("HUNTER-TWO%0Aand%20more") == MASK


def test_secrets_added_later_are_found() -> None:
    redactor = Redactor()
    secrets = [f"secret-number-{number}" for number in range(300)]
    for secret in secrets:
        redactor.add(secret)
        assert redactor.redact_text(secret) == MASK
    assert redactor.redact_text(" ".join(secrets)) == " ".join([MASK] * 300)


def test_threads_may_add_and_redact_at_once() -> None:
    redactor = Redactor()

    def work(worker: int) -> bool:
        secrets = [f"{worker}-of-many-{number}" for number in range(100)]
        for secret in secrets:
            redactor.add(secret)
            if redactor.redact_text(secret) != MASK:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


@pytest.mark.parametrize(
    "secret",
    ["tomato-salad", "12345678.5", "-98765432", "4321", "pin7"],
    ids=lambda secret: f"{len(secret)}:{secret[:2]}",
)
def test_only_the_secret_among_many_values_is_masked(secret: str) -> None:
    redactor = Redactor([secret])
    number = float(secret) if "." in secret else int(secret) if secret.strip("-").isdigit() else secret
    clean = [{"name": f"n{index}", "rows": [[index, 0.5], None, True, ["…"]]} for index in range(3_000)]
    value = [*clean[:1_500], {"deep": {"er": [[0, number]]}}, *clean[1_500:]]
    redacted = redactor.redact(value)
    assert redacted[1_500] == {"deep": {"er": [[0, MASK]]}}
    assert redacted[:1_500] + redacted[1_501:] == clean
    assert all(left is right for left, right in zip(redacted[:1_500], clean, strict=False))
    assert redactor.redact(clean) is clean


def test_a_key_among_many_is_masked() -> None:
    value = {f"key {index}": index for index in range(20_000)} | {"of tomato-salad": 1}
    assert [key for key in Redactor(["tomato-salad"]).redact(value) if MASK in key] == [f"of {MASK}"]


def test_str_subclasses_are_masked() -> None:
    class Text(str):
        __slots__ = ()

    assert Redactor(["tomato-salad"]).redact([Text("tomato-salad")]) == [MASK]


CODES = ("&#{};", "&#x{:X};", "\\u{:04x}", "\\U{:08x}", "\\x{:02X}", "%{:02x}", "%{:02X}", "\\{:03o}")


@given(st.text("ab12éü.", min_size=8, max_size=20), st.data())
def test_a_secret_in_codes_of_any_kind_is_masked_whole(secret: str, data: st.DataObject) -> None:
    choices = st.sampled_from(["{}", *CODES])
    coded = "".join(letter if (code := data.draw(choices)) == "{}" else code.format(ord(letter)) for letter in secret)
    assert Redactor([secret]).redact(f"%20 {coded} &amp;") == f"%20 {MASK} &amp;"


def test_nested_codes_and_backslashes_are_decoded() -> None:
    secret = "pa$$<w>rd+7"
    once = quote(secret, safe="")
    for written in (
        quote(once, safe=""),
        html.escape(html.escape(secret)),
        re.escape(secret),
        f"\\{secret[:4]}\\{secret[4:]}",
    ):
        assert secret not in Redactor([secret]).redact(written)
        assert MASK in Redactor([secret]).redact(written), written


def test_surrogates_do_not_hide_a_secret() -> None:
    redactor = Redactor(["tomato-salad", "pepper\udcff-salad"])
    assert redactor.redact("é\ud800tomato-salad\udc00") == f"é\ud800{MASK}\udc00"
    assert redactor.redact("\ud83dpepper\udcff-salad") == f"\ud83d{MASK}"
    assert redactor.redact("pepper\udcfe-salad") == "pepper\udcfe-salad"


def test_secrets_with_equal_endings_are_distinguished() -> None:
    ends = [f"{name}@shop.example.org" for name in ("ann", "joann", "bob")]
    redactor = Redactor(ends)
    assert redactor.redact("joann@shop.example.org, bob@shop.example.org, eve@shop.example.org") == (
        f"{MASK}, {MASK}, eve@shop.example.org"
    )


@pytest.mark.parametrize("text", ["tomato-salad", "tomato…", "…-salad"])
def test_a_secret_anywhere_in_a_long_text_is_masked(text: str) -> None:
    border = 256 * 1024
    redactor = Redactor(["tomato-salad"])
    for start in (0, border - len(text), border - 7, border - 1, border, 2 * border - 4):
        long = f"{'#' * start}{text}{'#' * border}"
        assert redactor.redact_text(long).strip("#") in (MASK, f"{MASK}…", f"…{MASK}"), start


@given(st.lists(st.text("abé", min_size=1, max_size=4), min_size=1, unique=True), st.text("abcé\ud800", max_size=40))
def test_both_searches_find_the_same(texts: list[str], haystack: str) -> None:
    pytest.importorskip("ahocorasick_rs")
    by_package = AutomatonSearch(texts).find(haystack)
    plain = PlainSearch(texts).find(haystack)
    assert sorted(plain) == sorted(by_package)
    assert [end for _, _, end in plain] == [end for _, _, end in by_package]
