"""Check the connections of a workflow against those that the user has.

Warnings only: the workflow may run where they exist.
"""

from collections.abc import Iterator

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import WorkflowTree
from wftui.connections.connection_kinds import KINDS
from wftui.connections.connections import Connections
from wftui.model.errors import UserError
from wftui.model.json.pointers import pointer_to
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.model.workflow.compilation import Severity
from wftui.model.workflow.definition import ConnectionNeed


def check_own_connections(tree: WorkflowTree, connections: Connections) -> Iterator[Diagnostic]:
    """Warn of connections that the user does not have, or has of another kind."""
    needs = tree.workflow.connections
    if not needs:
        return
    try:
        kinds = {each.name: each.kind for each in connections.all()}
    except UserError as error:
        yield Diagnostic("connection.absent", str(error), "/connections", "warning", part="key", field="connections")
        return
    for name, need in needs.items():
        pointer = "/connections" + pointer_to([name])
        if need.kind not in KINDS:
            guess = suggestion(need.kind, KINDS)
            hint = did_you_mean(guess, f"; known kinds: {', '.join(KINDS)}")
            fixes = (patches.replace(f"change it to {guess}", f"{pointer}/kind", guess),) if guess else ()
            message = f"there is no connection kind {need.kind!r}{hint}"
            field = f"connections.{name}.kind"
            yield Diagnostic("connection.unheard", message, f"{pointer}/kind", "warning", field=field, fixes=fixes)
        elif name not in kinds:
            yield _absent(name, need, pointer)
        elif kinds[name] != need.kind:
            message = (
                f"your connection {name} is of kind {kinds[name]}, not {need.kind}; "
                f"choose another one with --connection {name}=OTHER"
            )
            yield Diagnostic(
                "connection.unfit", message, f"{pointer}/kind", "warning", field=f"connections.{name}.kind"
            )


def _absent(name: str, need: ConnectionNeed, pointer: str) -> Diagnostic:
    then = "runs do not start" if need.required else "steps run without it"
    message = f"you have no connection {name}, so {then}; add it: wftui connections add {name} --kind {need.kind}"
    severity: Severity = "warning" if need.required else "hint"
    return Diagnostic("connection.absent", message, pointer, severity, part="key", field=f"connections.{name}")
