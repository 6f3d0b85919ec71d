"""URL and token of a server."""

from pathlib import Path

import pytest

from wftui.client.access import access
from wftui.model.errors import ExitCode, UserError

TOKEN = "wft_" + "x" * 43


@pytest.mark.parametrize(
    ("url", "loopback", "readable"),
    [
        ("http://127.0.0.1:8787/", True, False),
        ("http://[::1]:8787", True, False),
        ("http://localhost", True, False),
        ("https://workflows.example.com/wftui/", False, False),
        ("http://workflows.example.com", False, True),
        ("http://127.0.0.1.example.com", False, True),
    ],
)
def test_urls(monkeypatch: pytest.MonkeyPatch, url: str, loopback: bool, readable: bool) -> None:
    monkeypatch.setenv("WFTUI_TOKEN", f" {TOKEN}\n")
    found = access(url, None)
    assert (found.url, found.token) == (url.rstrip("/"), TOKEN)
    assert (found.is_loopback, found.is_readable) == (loopback, readable)
    assert TOKEN not in f"{found} {found!r}"


@pytest.mark.parametrize(
    "url",
    [
        *("", "127.0.0.1:8787", "ftp://127.0.0.1", "http://", "http://a:b@c", "http://a?b=c", "http://a#b"),
        *(
            "http://a:99999",
            "http://a:x",
            "http://[::1",
            "http://a b",
            "http://a\n",
            "file:///etc/passwd",
            "https:///x",
        ),
    ],
)
def test_invalid_urls_are_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("WFTUI_TOKEN", TOKEN)
    with pytest.raises(UserError) as refused:
        access(url, None)
    assert (refused.value.code, refused.value.exit_code) == ("remote.url", ExitCode.USAGE)


def test_a_token_file_is_private(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    assert access("http://localhost", file).token == TOKEN
    for mode in (0o640, 0o604, 0o644):
        file.chmod(mode)
        with pytest.raises(UserError) as readable:
            access("http://localhost", file)
        assert f"chmod 600 {file}" in str(readable.value)
        assert (readable.value.code, readable.value.exit_code) == ("remote.token", ExitCode.USAGE)


@pytest.mark.parametrize("content", [b"", b"two words", b"\xff\xfe", b"a\nb", b"x" * 501])
def test_invalid_tokens_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    file.chmod(0o600)
    for place in (file, tmp_path / "nothing", tmp_path):
        with pytest.raises(UserError) as refused:
            access("http://localhost", place)
        assert refused.value.code == "remote.token"
    monkeypatch.setenv("WFTUI_TOKEN", content.decode("latin-1").replace("\0", ""))
    with pytest.raises(UserError) as refused:
        access("http://localhost", None)
    assert refused.value.code == "remote.token"
