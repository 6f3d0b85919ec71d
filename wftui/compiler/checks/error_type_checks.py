"""Error types in `retry.on` and `catch` that nothing known raises."""

import re
from collections.abc import Iterator

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import WorkflowTree
from wftui.model.json.pointers import pointer_to
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.model.workflow.definition import Retry
from wftui.runtime.error_types import BUILTIN_FAMILIES, BUILTIN_TYPES

_BY_NUMBER = re.compile(r"exit_code\.\d{1,3}|http\.\d{3}")
_RAISED = re.compile(r"""\bfail\(\s*["']([a-z0-9_.]+)["']""")
_OPEN_TYPES = frozenset({"python", "workflow", "llm", "mcp"})
"""Types that may raise errors that the file does not name; those of plugins do, too."""


def check_error_types(tree: WorkflowTree) -> Iterator[Diagnostic]:
    """Yield a warning for each prefix that matches no known error type."""
    own, is_open = _raised(tree)
    known = BUILTIN_TYPES | own
    for step_id, pointer, prefix in _prefixes(tree):
        plain = prefix.rstrip(".")
        if _BY_NUMBER.fullmatch(plain) or any(each == plain or each.startswith(f"{plain}.") for each in known):
            continue
        builtin = plain.partition(".")[0] in BUILTIN_FAMILIES
        guess = suggestion(plain, own if is_open and not builtin else known | BUILTIN_FAMILIES)
        if guess is None and is_open and not builtin:
            continue
        message = f"no step raises an error of type {prefix!r}{did_you_mean(guess)}"
        fixes = (patches.replace(f"change it to {guess}", pointer, guess),) if guess else ()
        code, field = ("catch.type", "catch") if "/catch/" in pointer else ("retry.type", "retry")
        yield Diagnostic(code, message, pointer, "warning", step_id=step_id, field=field, fixes=fixes)


def _prefixes(tree: WorkflowTree) -> Iterator[tuple[str | None, str, str]]:
    """Yield step, pointer and text of each prefix."""
    defaults = tree.workflow.defaults
    policies: list[tuple[str | None, str, Retry | None]] = [(None, "/defaults/retry/on", defaults.retry)]
    for word, each in defaults.types.items():
        policies.append((None, pointer_to(["defaults", "types", word, "retry", "on"]), each.retry))
    for node in tree.walk():
        if not node.inherits(node.at("retry")):
            policies.append((node.id or None, node.at("retry", "on"), node.step.retry))
    for step_id, pointer, retry in policies:
        for index, prefix in enumerate(retry.on or [] if retry is not None else []):
            yield step_id, pointer + pointer_to([index]), prefix
    for node in tree.walk():
        for body in node.catches:
            for index, prefix in enumerate(body.on or []):
                yield node.id or None, f"{body.pointer.removesuffix('/steps')}/on/{index}", prefix


def _raised(tree: WorkflowTree) -> tuple[frozenset[str], bool]:
    """Return the types of the user's own, and whether others are possible."""
    own: set[str] = set()
    is_open = False
    for node in tree.walk():
        word = node.step.type
        is_open = is_open or word in _OPEN_TYPES or "." in word
        given = node.step.input.get("type" if word == "fail" else "code")
        if word == "fail" and isinstance(given, str):
            is_open = is_open or "{{" in given
            own.add(given)
        elif word == "python" and isinstance(given, str):
            own.update(_RAISED.findall(given))
    return frozenset(own), is_open
