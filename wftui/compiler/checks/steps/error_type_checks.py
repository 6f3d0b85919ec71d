"""Error types in `retry.on` and `catch` that nothing known raises."""

import re
from collections.abc import Iterable, Iterator, Sequence

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import StepNode, WorkflowTree
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import pointer_to
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.model.workflow.definition import Retry
from wftui.runtime.error_types import BUILTIN_FAMILIES, BUILTIN_TYPES, is_never_retried

_BY_NUMBER = re.compile(r"exit_code\.\d{1,3}|http\.\d{3}")
_RAISED = re.compile(r"""\bfail\(\s*["']([a-z0-9_.]+)["']""")
_OPEN_TYPES = frozenset({"python", "workflow", "llm", "mcp"})
"""Types that may raise errors that the file does not name; those of plugins do, too."""


@dataclass(frozen=True, slots=True)
class StepErrors:
    """The error types that a step names.

    Attributes:
        own: those it raises that no other type of step does.
        is_open: it may raise others, too.
        prefixes: what its policies are for: pointer and text.
    """

    own: frozenset[str] = frozenset()
    is_open: bool = False
    prefixes: tuple[tuple[str, str], ...] = ()


NO_ERRORS = StepErrors()
"""Shared: most steps name none."""


def errors_of(node: StepNode) -> StepErrors:
    """Return the error types that a step names."""
    own, is_open = _raised(node)
    found = StepErrors(own, is_open, tuple(_prefixes(node)))
    return NO_ERRORS if found == NO_ERRORS else found


def check_error_types(tree: WorkflowTree, steps: Iterable[tuple[StepNode, StepErrors]]) -> Iterator[Diagnostic]:
    """Yield a warning for each prefix that matches no known error type."""
    own, is_open = set[str](), False
    prefixes = list(_default_prefixes(tree))
    for node, errors in steps:
        if errors is NO_ERRORS:
            continue
        own |= errors.own
        is_open = is_open or errors.is_open
        prefixes += [(node.id or None, *each) for each in errors.prefixes]
    known = BUILTIN_TYPES | own
    for step_id, pointer, prefix in prefixes:
        plain = prefix.rstrip(".")
        code, field = ("catch.type", "catch") if "/catch/" in pointer else ("retry.type", "retry")
        if pointer.endswith("/on"):
            fix = (patches.remove("remove on", pointer),)
            message = "an empty list matches every error, as no list does; name the types, or remove it"
            yield Diagnostic(code, message, pointer, "warning", step_id=step_id, field=field, fixes=fix)
            continue
        if plain == "cancelled" or (field == "retry" and is_never_retried(plain)):
            what = "retried" if field == "retry" else "caught"
            yield Diagnostic(
                code, f"an error of type {prefix!r} is never {what}", pointer, "warning", step_id=step_id, field=field
            )
            continue
        if _BY_NUMBER.fullmatch(plain) or any(each == plain or each.startswith(f"{plain}.") for each in known):
            continue
        builtin = plain.partition(".")[0] in BUILTIN_FAMILIES
        last = plain.rpartition(".")[2]
        guess = (
            last if last in known else suggestion(plain, own if is_open and not builtin else known | BUILTIN_FAMILIES)
        )
        if guess is None and is_open and not builtin:
            continue
        message = f"no step raises an error of type {prefix!r}{did_you_mean(guess)}"
        fixes = (patches.replace(f"change it to {guess}", pointer, guess),) if guess else ()
        yield Diagnostic(code, message, pointer, "warning", step_id=step_id, field=field, fixes=fixes)


def _default_prefixes(tree: WorkflowTree) -> Iterator[tuple[str | None, str, str]]:
    """Yield pointer and text of each prefix in the workflow's defaults."""
    defaults = tree.workflow.defaults
    policies = [("/defaults/retry/on", defaults.retry)]
    for word, each in defaults.types.items():
        policies.append((pointer_to(["defaults", "types", word, "retry", "on"]), each.retry))
    for pointer, retry in policies:
        for at, prefix in _of_policy(pointer, retry):
            yield None, at, prefix


def _prefixes(node: StepNode) -> Iterator[tuple[str, str]]:
    """Yield pointer and text of each prefix in a step."""
    if not node.inherits(node.at("retry")):
        yield from _of_policy(node.at("retry", "on"), node.step.retry)
    for body in node.catches:
        yield from _listed(body.pointer.removesuffix("/steps") + "/on", body.on)


def _of_policy(pointer: str, retry: Retry | None) -> Iterator[tuple[str, str]]:
    yield from _listed(pointer, retry.on if retry is not None else None)


def _listed(pointer: str, prefixes: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    """Yield pointer and text of each prefix; an empty list is one without text."""
    if prefixes is not None and not prefixes:
        yield pointer, ""
    for index, prefix in enumerate(prefixes or ()):
        yield pointer + pointer_to([index]), prefix


def _raised(node: StepNode) -> tuple[frozenset[str], bool]:
    """Return the user's types that a step raises; whether others are possible."""
    word = node.step.type
    is_open = word in _OPEN_TYPES or "." in word
    given = node.step.input.get("type" if word == "fail" else "code")
    if word == "fail" and isinstance(given, str):
        return frozenset([given]), is_open or "{{" in given
    if word == "python" and isinstance(given, str):
        return frozenset(_RAISED.findall(given)), is_open
    return frozenset(), is_open
