"""Run the pages of docs/ as a reader would: write files, run commands, compare.

A fenced block whose info string names a path (` ```json tables/x.json `) is a file. A ` ```console ` block holds
commands, each after `$ `, with what they print below; `…` stands for any text. `exit=N` behind `console` is the exit
code of the block's last command; every other command ends with 0.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

Execute = Callable[[str], tuple[int, str]]
"""Runs one command line; gives its exit code and what it printed."""

_FENCE = re.compile(r"^```(\S+)[ \t]*([^\n]*)\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_ANY = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, rest of its info string, text and line."""

    language: str
    info: str
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """A command of a page, what it prints, and its exit code."""

    text: str
    printed: str
    exit_code: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2].strip(), found[3], text.count("\n", 0, found.start()) + 1)
        for found in _FENCE.finditer(text)
    ]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    wanted = re.search(r"exit=(\d+)", block.info)
    for number, part in enumerate(parts, 1):
        lines = part.split("\n")
        last = 0
        while lines[last].endswith("\\"):
            last += 1
        exit_code = int(wanted[1]) if wanted and number == len(parts) else 0
        yield Command("\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :]), exit_code)


def run_page(page: Path, folder: Path, execute: Execute) -> int:
    """Do what a page shows, in a folder; returns how many commands that were."""
    count = 0
    for block in blocks(page):
        if block.language == "console":
            for command in commands(block):
                exit_code, printed = execute(command.text)
                place = f"{page.name}:{block.line}: $ {command.text}"
                assert fits(command.printed, printed), (
                    f"{place}\n--- the page\n{command.printed}\n--- printed\n{printed}"
                )
                assert exit_code == command.exit_code, f"{place}\nended with {exit_code}\n{printed}"
                count += 1
        elif "/" in block.info or "." in block.info:
            file = folder / block.info
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
    return count


def fits(shown: str, printed: str) -> bool:
    """Return whether output matches a page, except for trailing spaces."""
    pattern = ".*?".join(re.escape(part) for part in _plain(shown).split(_ANY))
    return re.fullmatch(pattern, _plain(printed), re.DOTALL) is not None


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
