"""curl commands as people paste them."""

import pytest

from wftui.model.base import Json
from wftui.model.errors import UsageError
from wftui.steps.http.curl import curl_from_input, input_from_curl
from wftui.steps.http.input import HttpInput
from wftui.steps.http.step import HttpStep


@pytest.mark.parametrize(
    ("command", "step"),
    [
        ("curl https://x.org/a", {"url": "https://x.org/a", "followRedirects": False}),
        ("curl -sSL 'https://x.org/a?b=1&b=2&c='", {"url": "https://x.org/a", "query": {"b": ["1", "2"], "c": ""}}),
        (
            "curl -L -X DELETE https://x.org -H 'X-A: b: c' \\\n  -k --max-time 5",
            {
                "url": "https://x.org",
                "method": "DELETE",
                "headers": {"X-A": "b: c"},
                "verify": False,
                "timeout": "5s",
            },
        ),
        (
            "curl -L https://x.org -H 'Content-Type: application/json' -d '{\"a\": [1]}'",
            {"url": "https://x.org", "json": {"a": [1]}},
        ),
        ("curl -L --json '{\"a\":1}' x.org", {"url": "http://x.org", "json": {"a": 1}}),
        ("curl -Ld a=1 -d 'b=x%20y' https://x.org", {"url": "https://x.org", "form": {"a": "1", "b": "x y"}}),
        ("curl -LG https://x.org --data-urlencode 'q=a'", {"url": "https://x.org", "query": {"q": "a"}}),
        ("curl -L https://x.org --data-binary @body.bin", {"url": "https://x.org", "file": "body.bin"}),
        ("curl -LT body.bin https://x.org", {"url": "https://x.org", "file": "body.bin", "method": "PUT"}),
        (
            "curl -L -F a=1 -F f=@pic.png https://x.org",
            {"url": "https://x.org", "form": {"a": "1"}, "files": {"f": "pic.png"}},
        ),
        ("curl -LI https://x.org -A me -o out", None),
        (
            "curl -L 'https://x.org/a' \\\n  -H $'X-A: it\\'s \\u00e9\\xc3\\xa9\\041' -b 'a=1; b=2' "
            "--data-raw $'{\"n\":\\n1}' \\\r\n"
            " -H 'content-type: application/json' --compressed",
            {"url": "https://x.org/a", "headers": {"X-A": "it's éé!", "Cookie": "a=1; b=2"}, "json": {"n": 1}},
        ),
        (
            'curl -L "https://$HOST/a?b=${B}" -H "Authorization: Bearer $TOKEN" -H \'X: $5\' '
            '-d "{\\"c\\": \\"\\$C\\"}"',
            {
                "url": "https://{{ env.HOST }}/a",
                "query": {"b": "{{ env.B }}"},
                "headers": {
                    "Authorization": "Bearer {{ secrets.TOKEN }}",
                    "X": "$5",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                "text": '{"c": "$C"}',
            },
        ),
        (
            "curl -L --data-raw @x https://x.org",
            {
                "url": "https://x.org",
                "text": "@x",
                "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            },
        ),
        (
            "curl -L -F a=1 -F a=2 --form-string b=@c -O https://x.org/f.txt",
            {"url": "https://x.org/f.txt", "form": {"a": ["1", "2"], "b": "@c"}, "files": {}, "saveTo": "f.txt"},
        ),
    ],
)
def test_a_pasted_command_becomes_an_input(command: str, step: Json) -> None:
    found = input_from_curl(command)
    HttpInput.model_validate(found)
    if step is not None:
        assert found == step
    else:
        assert found == {
            "url": "https://x.org",
            "method": "HEAD",
            "headers": {"User-Agent": "me"},
            "saveTo": "out",
        }


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("wget x", "not a curl command"),
        ("curl 'x", "cannot be parsed"),
        ("curl", "exactly one URL"),
        ("curl a b", "exactly one URL"),
        ("curl x -H", "needs a value"),
        ("curl --socks5 p x", "--socks5 has no equivalent"),
        ("curl --proxy p x", "HTTPS_PROXY"),
        ("curl -u a:b x", "into an http connection"),
        ("curl -ua:b x", "into an http connection"),
        ("curl --retry 3 x", 'set "retry" on the step'),
        ("curl x | jq .", r"remove everything from '\|'"),
        ("curl x >out", "remove everything from '>'"),
        ('curl "$(cat url)"', "it contains a shell substitution"),
        ('curl ^"x^"', "copy it as curl for bash"),
        ("curl -b jar.txt x", "cookies from a file"),
        ("curl -F a=<f x", "use its text"),
        ("curl --data-urlencode a@f x", "use its text"),
        ("curl -d a=1 -d @f x", "cannot combine files and text"),
        ("curl $'x", "no closing quotation"),
    ],
)
def test_unsupported_options_are_reported(command: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        input_from_curl(command)


@pytest.mark.parametrize(
    "step",
    [
        {"url": "https://x.org/a", "query": {"b": "1"}, "headers": {"Accept": "text/plain"}},
        {"url": "https://x.org", "json": {"a": ["it's", None]}},
        {"url": "https://x.org", "form": {"a": "x y&z"}},
        {"url": "https://x.org", "form": {"a": "1"}, "files": {"f": "p.png"}},
        {"url": "https://x.org", "file": "body", "method": "PUT", "verify": False, "saveTo": "out"},
    ],
)
def test_curl_round_trips(step: dict[str, Json]) -> None:
    command = curl_from_input(step)
    assert command is not None
    assert input_from_curl(command) == step


def test_unresolved_inputs_give_no_command() -> None:
    assert curl_from_input({"url": "https://x.org", "headers": "{{ inputs.headers }}"}) is None


def test_relative_address_is_resolved() -> None:
    assert HttpStep.as_command({"url": "/a?b=1"}, {"url": "https://x.org/elsewhere"}) == "curl -L 'https://x.org/a?b=1'"
    assert HttpStep.from_command("echo curl") is None


def test_credentials_are_not_copied() -> None:
    copied = curl_from_input({"url": "https://x.org", "headers": {"Authorization": "Bearer abc", "X-Api-Key": "def"}})
    assert copied is not None
    assert "abc" not in copied
    assert "def" not in copied
    assert "Authorization: ***" in copied
