"""Conversion between `curl` commands and inputs of the `http` step."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

from wftui.connections.connection_kinds import SECRET_HEADERS
from wftui.connections.redaction import MASK
from wftui.model.base import Json
from wftui.model.errors import UsageError
from wftui.model.json.incremental import read_json
from wftui.steps.http.shell_words import split_words

_WITH_VALUE = {
    "-X": "method",
    "--request": "method",
    "-H": "header",
    "--header": "header",
    "-d": "data",
    "--data": "data",
    "--data-ascii": "data",
    "--data-raw": "raw",
    "--data-binary": "data",
    "--data-urlencode": "urlencode",
    "--json": "json",
    "-F": "form",
    "--form": "form",
    "--form-string": "field",
    "-o": "output",
    "--output": "output",
    "-m": "timeout",
    "--max-time": "timeout",
    "-A": "agent",
    "--user-agent": "agent",
    "-e": "referer",
    "--referer": "referer",
    "-b": "cookie",
    "--cookie": "cookie",
    "--url": "url",
    "-T": "upload",
    "--upload-file": "upload",
}
_FLAGS = {
    "-L": "follow",
    "--location": "follow",
    "-k": "insecure",
    "--insecure": "insecure",
    "-G": "get",
    "--get": "get",
    "-I": "head",
    "--head": "head",
    "-O": "named",
    "--remote-name": "named",
}
_WITHOUT_MEANING = frozenset(
    {
        "-s",
        "--silent",
        "-S",
        "--show-error",
        "-v",
        "--verbose",
        "-f",
        "--fail",
        "--fail-with-body",
        "-i",
        "--include",
        "--compressed",
        "-#",
        "--progress-bar",
        "-g",
        "--globoff",
        "--http1.1",
        "--http2",
        "-N",
        "--no-buffer",
        "--no-progress-meter",
        "--tlsv1.2",
        "--ssl-no-revoke",
    }
)
_NOT_TAKEN = {
    "-u": "put user and password into an http connection instead",
    "--user": "put user and password into an http connection instead",
    "--oauth2-bearer": "put the token into an http connection instead",
    "--retry": 'set "retry" on the step instead',
    "-x": "set the environment variable HTTPS_PROXY instead",
    "--proxy": "set the environment variable HTTPS_PROXY instead",
}
_VARIABLE = re.compile(r"\{\{ env\.(\w+) \}\}")


def is_curl(command: str) -> bool:
    """Return whether a text is a `curl` command."""
    return (command.split(maxsplit=1) or [""])[0].rpartition("/")[2] == "curl"


def input_from_curl(command: str) -> dict[str, Json]:
    """Convert a curl command to an input of `http`.

    Raises:
        UsageError: when it is not a curl command, or has an option that the step does not know.
    """
    found = _Options(command)
    step: dict[str, Json] = {"url": found.url}
    if found.query:
        step["query"] = found.query
    method = found.values.get("method", ["HEAD" if "head" in found.flags else ""])[-1].upper()
    if found.headers:
        step["headers"] = found.headers
    has_body = _add_body(found, step)
    if method and method != ("POST" if has_body else "GET"):
        step["method"] = method
    elif "upload" in found.values and not method:
        step["method"] = "PUT"
    if "follow" not in found.flags:
        step["followRedirects"] = False
    if "insecure" in found.flags:
        step["verify"] = False
    if output := found.values.get("output"):
        step["saveTo"] = output[-1]
    elif "named" in found.flags:
        step["saveTo"] = urlsplit(found.url).path.rpartition("/")[2] or "index.html"
    if seconds := found.values.get("timeout"):
        step["timeout"] = f"{seconds[-1]}s"
    return step


def curl_from_input(step: Mapping[str, Json]) -> str | None:
    """Convert an input of `http` to a curl command, credentials redacted.

    None when a whole part of it is an expression, whose value is known only in a run.
    """
    if any(not isinstance(step.get(name) or {}, dict) for name in ("query", "headers", "form", "files")):
        return None
    query = [
        (name, item if isinstance(item, str) else json.dumps(item))
        for name, value in (step.get("query") or {}).items()
        if value is not None
        for item in (value if isinstance(value, list) else [value])
    ]
    parts = urlsplit(str(step.get("url", "")))
    joined = "&".join(filter(None, [parts.query, urlencode(query)]))
    words = ["curl"]
    if method := step.get("method"):
        words += ["-X", method]
    if step.get("followRedirects", True):
        words.append("-L")
    if step.get("verify") is False:
        words.append("-k")
    for name, value in (step.get("headers") or {}).items():
        words += ["-H", f"{name}: {MASK if name.lower() in SECRET_HEADERS else value}"]
    if "json" in step:
        words += ["--json", json.dumps(step["json"], ensure_ascii=False)]
    if (text := step.get("text")) is not None:
        words += ["--data-raw", text]
    if (file := step.get("file")) is not None:
        words += ["--data-binary", f"@{file}"]
    for name, value in (step.get("form") or {}).items():
        for item in value if isinstance(value, list) else [value]:
            plain = item if isinstance(item, str) else json.dumps(item)
            words += ["-F" if step.get("files") else "--data-urlencode", f"{name}={plain}"]
    for name, path in (step.get("files") or {}).items():
        words += ["-F", f"{name}=@{path}"]
    if target := step.get("saveTo"):
        words += ["-o", target]
    words.append(urlunsplit(parts._replace(query=joined)))
    return shlex.join(words)


class _Options:
    """Parsed curl command."""

    def __init__(self, command: str) -> None:
        self.values: dict[str, list[str]] = {}
        self.flags: set[str] = set()
        self.headers: dict[str, str] = {}
        self.query: dict[str, Json] = {}
        self._read(command)
        for line in self.values.get("header", []):
            name, colon, value = line.partition(":")
            if colon:
                # A token that the shell had in a variable is not a plain value here either.
                name, value = name.strip(), value.strip()
                private = name.lower() in SECRET_HEADERS
                self.headers[name] = _VARIABLE.sub(r"{{ secrets.\1 }}", value) if private else value
        if any("=" not in value for value in self.values.get("cookie", [])):
            raise UsageError("cookies from a file are not supported; use NAME=VALUE", code="usage.command")
        for option, name in (("agent", "User-Agent"), ("referer", "Referer"), ("cookie", "Cookie")):
            for value in self.values.get(option, []):
                self.headers[name] = value
        self.url = self._address()

    def _read(self, command: str) -> None:
        if '^"' in command or "^\n" in command:
            raise UsageError("this is a command for the Windows shell; copy it as curl for bash", code="usage.command")
        words = split_words(command)
        if not words or words[0].rpartition("/")[2] != "curl":
            raise UsageError("this is not a curl command", code="usage.command")
        rest = iter(words[1:])
        for word in rest:
            if not word.startswith("-") or word == "-":
                self._add("url", word, word)
                continue
            for option, attached in _options_of(word):
                if option in _NOT_TAKEN:
                    raise UsageError(
                        f"the curl option {option} is not supported: {_NOT_TAKEN[option]}", code="usage.command"
                    )
                if option in _WITH_VALUE:
                    self._add(_WITH_VALUE[option], next(rest, None) if attached is None else attached, option)
                elif option in _FLAGS:
                    self.flags.add(_FLAGS[option])
                elif option not in _WITHOUT_MEANING:
                    raise UsageError(
                        f"the curl option {option} has no equivalent in an http step", code="usage.command"
                    )

    def _add(self, name: str, value: str | None, option: str) -> None:
        if value is None:
            raise UsageError(f"the curl option {option} needs a value", code="usage.command")
        if name == "urlencode":
            key, equals, text = value.partition("=")
            if not equals and "@" in value:
                raise UsageError("a file cannot be a form value; use its text", code="usage.command")
            value = f"{key}={quote_plus(text)}" if equals else quote_plus(value)
        self.values.setdefault(name, []).append(value)

    def _address(self) -> str:
        urls = self.values.get("url", [])
        if len(urls) != 1:
            raise UsageError("the curl command must have exactly one URL", code="usage.command")
        url = urls[0] if "://" in urls[0] else f"http://{urls[0]}"
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        if "get" in self.flags:
            for name in ("data", "raw", "urlencode"):
                for text in self.values.pop(name, []):
                    pairs += parse_qsl(text, keep_blank_values=True)
        for name, value in pairs:
            before = self.query.get(name)
            self.query[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
        return urlunsplit(parts._replace(query=""))


def _options_of(word: str) -> Iterator[tuple[str, str | None]]:
    """Split one word into options: `--name`, `--name=value`, `-x`, `-xVALUE`, `-xyz`."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        yield name, value if equals else None
        return
    for index, letter in enumerate(word[1:], 2):
        option = f"-{letter}"
        if option in _WITH_VALUE:
            yield option, word[index:] or None
            return
        yield option, None


def _add_body(found: _Options, step: dict[str, Json]) -> bool:
    if upload := found.values.get("upload"):
        step["file"] = upload[-1]
        return True
    if "form" in found.values or "field" in found.values:
        _add_form(found, step)
        return True
    texts = [text for name in ("json", "data", "raw", "urlencode") for text in found.values.get(name, [])]
    if not texts:
        return False
    files = [text[1:] for name in ("json", "data") for text in found.values.get(name, []) if text.startswith("@")]
    if files and len(texts) > 1:
        raise UsageError("a body cannot combine files and text", code="usage.command")
    if files:
        step["file"] = files[0]
        return True
    kind = next((value for name, value in found.headers.items() if name.lower() == "content-type"), None)
    whole = "".join(texts) if "json" in found.values else "&".join(texts)
    if "json" in found.values or (kind or "").startswith("application/json"):
        try:
            step["json"] = read_json(whole)
        except ValueError:
            step["text"] = whole
        else:
            _drop_header(step, "content-type")
        return True
    pairs_of_form = parse_qsl(whole, keep_blank_values=True)
    is_form = whole[:1] not in ("{", "[") and all("=" in piece for piece in whole.split("&"))
    if kind is None and is_form and len({name for name, _ in pairs_of_form}) == len(pairs_of_form):
        step["form"] = dict(pairs_of_form)
    else:
        step["text"] = whole
        if kind is None:
            step["headers"] = {**step.get("headers", {}), "Content-Type": "application/x-www-form-urlencoded"}
    return True


def _add_form(found: _Options, step: dict[str, Json]) -> None:
    pairs = [entry.partition("=")[::2] for entry in found.values.get("form", [])]
    if any(value.startswith("<") for _, value in pairs):
        raise UsageError("a file cannot be a form value; use its text", code="usage.command")
    files = {name: value[1:].partition(";")[0].strip('"') for name, value in pairs if value.startswith("@")}
    plain = [pair for pair in pairs if not pair[1].startswith("@")]
    plain += [entry.partition("=")[::2] for entry in found.values.get("field", [])]
    form: dict[str, Json] = {}
    for name, value in plain:
        before = form.get(name)
        form[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    step["form"] = form
    step["files"] = files


def _drop_header(step: dict[str, Json], name: str) -> None:
    kept = {key: value for key, value in step.get("headers", {}).items() if key.lower() != name}
    step.pop("headers", None)
    if kept:
        step["headers"] = kept
