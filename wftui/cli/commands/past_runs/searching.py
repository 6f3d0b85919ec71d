"""The `grep` command: text in logs and values over many runs."""

import argparse

from wftui.cli.inputs import parse_filters
from wftui.cli.options import Command
from wftui.cli.saved_filters import with_saved
from wftui.cli.session import with_any_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode, UsageError
from wftui.model.run.search import REGEX, TextMatch, finder
from wftui.model.text.local_times import local_text
from wftui.workbench.protocols import AnyWorkbench


def grep(arguments: argparse.Namespace) -> int:
    """Run `grep TEXT`."""
    if not arguments.text:
        raise UsageError("the text to search for is empty", code="usage.grep")
    text = f"{REGEX}{arguments.text}" if arguments.regex else arguments.text

    async def work(workbench: AnyWorkbench) -> int:
        terminal, now = Terminal(), workbench.clock()
        filters = await with_saved(workbench, parse_filters(arguments, now), arguments.saved)
        found: list[TextMatch] = []
        async for matches in workbench.search.grep(text, filters, where=arguments.where or ()):
            matches = matches[: arguments.limit - len(found)]
            found += matches
            if not arguments.json:
                _print(terminal, matches, text)
            if len(found) >= arguments.limit:
                break
        if arguments.json:
            terminal.json([match.to_wire() for match in found])
        elif not found:
            terminal.line("no matches")
        elif len(found) >= arguments.limit:
            which = "match" if arguments.limit == 1 else f"{arguments.limit:,} matches"
            terminal.line(terminal.paint(f"the first {which}; --limit N shows more", "dim"))
        return ExitCode.DONE

    return with_any_workbench(arguments, work)


def _print(terminal: Terminal, matches: list[TextMatch], text: str) -> None:
    pattern = finder(text)
    for match in matches:
        time = local_text(match.timestamp)
        place = f"{match.run_id} {match.workflow_id} {match.path or '-'} {match.where}"
        line = pattern.sub(lambda found: terminal.paint(found[0], "yellow"), match.text)
        terminal.line(f"{time} {terminal.paint(place, 'dim')}  {line}")


COMMANDS: dict[str, Command] = {"grep": grep}
