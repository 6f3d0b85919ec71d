"""`wftui completion`: the script of each shell, and the completions in that shell."""

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import PATIENCE, Cli

BASH = """
source {script}
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
$(complete -p wftui | sed -E 's/.*-F ([^ ]+).*/\\1/') wftui "${{COMP_WORDS[COMP_CWORD]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
CASES = [
    (["compl"], {"completion"}),
    (["mcp", "l"], {"lock"}),
    (["compile", "--sta"], {"--stale"}),
    (["run", "repo_"], {"repo_health"}),
    (["completion", ""], {"bash", "zsh", "fish"}),
    (["stats", "repo_"], {"repo_health"}),
    (["history", "--workflow", "repo_"], {"repo_health"}),
    (["new", "--example", "csv_"], {"csv_report"}),
    (["connections", "test", "ma"], {"mail"}),
    (["list", "--tables", "fold"], {"folder"}),
    (["watch", "--remo"], {"--remote"}),
    (["completion", "--"], {"--help", "--tables", "--db"}),
    (["connections", "secret", "--"], {"--help", "--json", "--tables", "--db"}),
]


@pytest.fixture
def offers(bare_cli: Cli, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Offers":
    """A folder to complete in, with `wftui` on PATH and a workspace."""
    program = tmp_path / "bin" / "wftui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m wftui "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("WFTUI_TABLES", str(tables))
    (tmp_path / "here" / "folder").mkdir(parents=True)
    assert bare_cli("connections", "add", "mail", "--kind", "http", "-s", "baseUrl=http://localhost")[0] == 0
    return Offers(bare_cli, tmp_path)


class Offers:
    def __init__(self, cli: Cli, folder: Path) -> None:
        self._cli = cli
        self._folder = folder

    def script(self, shell: str) -> Path:
        code, out, err = self._cli("completion", shell)
        assert (code, err) == (0, "")
        file = self._folder / f"completion.{shell}"
        file.write_text(out)
        return file

    def run(self, command: list[str]) -> set[str]:
        done = subprocess.run(command, cwd=self._folder / "here", capture_output=True, text=True)
        assert done.stderr == ""
        return {line.partition("\t")[0].rstrip("/ ") for line in done.stdout.splitlines()}


def need(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")


@pytest.mark.first_cases(3)
@pytest.mark.parametrize(("words", "expected"), CASES)
def test_bash_completes(offers: Offers, words: list[str], expected: set[str]) -> None:
    need("bash")
    asked = BASH.format(script=offers.script("bash"), words=shlex.join(["wftui", *words]))
    assert offers.run(["bash", "--norc", "-c", asked]) == expected


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(("words", "expected"), CASES)
def test_fish_completes(offers: Offers, words: list[str], expected: set[str]) -> None:
    need("fish")
    line = " ".join(["wftui", *words])
    asked = f"source {offers.script('fish')}; complete -C {shlex.quote(line)}"
    assert offers.run(["fish", "--no-config", "-c", asked]) == expected


@pytest.mark.first_cases(1)
@pytest.mark.pty
@pytest.mark.parametrize(("words", "expected"), CASES)
def test_zsh_completes(offers: Offers, tmp_path: Path, words: list[str], expected: set[str]) -> None:
    need("zsh")
    functions = tmp_path / "functions"
    functions.mkdir()
    offers.script("zsh").rename(functions / "_wftui")
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path / "here")
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb"})
    try:
        send(terminal, f"PS1= fpath=({functions} $fpath); autoload -U compinit; compinit -u -D; echo read''y\n")
        read_until(terminal, "ready\r\n")
        send(terminal, " ".join(["wftui", *words]) + "\t")
        read_until(terminal, *(each.removeprefix(words[-1]) for each in expected))
    finally:
        os.close(terminal)
        os.waitpid(process, 0)


def send(terminal: int, text: str) -> None:
    os.write(terminal, text.encode())


def read_until(terminal: int, *texts: str) -> None:
    """Read what a program shows until the texts are there."""
    seen = ""
    while not all(text in seen for text in texts):
        ready, _, _ = select.select([terminal], [], [], PATIENCE)
        assert ready, f"{texts} do not come after {seen!r}"
        seen += os.read(terminal, 65536).decode("utf-8", "replace")


def test_an_unknown_shell_is_refused(bare_cli: Cli) -> None:
    code, _, err = bare_cli("completion", "tcsh")
    assert code == 2
    assert "invalid choice: 'tcsh'" in err


def test_other_commands_start_without_it() -> None:
    code = "import sys; from wftui.cli.main import main; main(['--help'])"
    probe = f"import atexit, sys; atexit.register(lambda: print('shtab' in sys.modules)); {code}"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False"
