"""Check ids: unique within the file, and not reserved by the expressions."""

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import WorkflowTree
from wftui.compiler.tree.reserved import reserved_word
from wftui.compiler.tree.scopes import Scopes


def check_ids(tree: WorkflowTree, scopes: Scopes) -> list[Diagnostic]:
    """Return the diagnostics of the ids and loop variables of all steps."""
    found = []
    for node in tree.walk():
        if not node.id:
            continue
        first = scopes.everywhere[node.id]
        if first is not node:
            new = next(f"{node.id}_{n}" for n in range(2, 10_000) if f"{node.id}_{n}" not in scopes.everywhere)
            fix = patches.replace(f"change it to {new}", node.at("id"), new)
            message = f"the id {node.id} is already used; ids are unique within the file"
            found.append(Diagnostic("id.duplicate", message, node.at("id"), step_id=node.id, field="id", fixes=(fix,)))
        reason = reserved_word(node.id)
        if reason:
            new = next(
                f"{node.id}_{word}" for word in ("step", "step_2") if f"{node.id}_{word}" not in scopes.everywhere
            )
            fix = patches.replace(f"change it to {new}", node.at("id"), new)
            message = f"a step cannot be called {node.id}: {reason}"
            found.append(Diagnostic("id.reserved", message, node.at("id"), step_id=node.id, field="id", fixes=(fix,)))
        if node.step.for_each is not None and reserved_word(node.step.for_each.as_):
            message = (
                f"a loop variable cannot be called {node.step.for_each.as_}: {reserved_word(node.step.for_each.as_)}"
            )
            pointer = node.at("forEach", "as")
            fix = patches.replace("change it to item", pointer, "item")
            found.append(Diagnostic("id.reserved", message, pointer, step_id=node.id, field="forEach.as", fixes=(fix,)))
    return found
