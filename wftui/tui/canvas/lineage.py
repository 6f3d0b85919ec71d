"""Steps related to a step: those before and after it along the edges."""

from collections.abc import Mapping, Sequence

from wftui.tui.canvas.graph import CanvasNode


def related(nodes: Sequence[CanvasNode], path: str) -> list[CanvasNode]:
    """Return the nodes before and after a node, with their containers.

    What leads to a container leads to everything in it, and what follows from a step in it follows from it.
    """
    by_path = {node.path: node for node in nodes}
    above: dict[str, set[str]] = {node.path: {need for need in node.needs if need in by_path} for node in nodes}
    below: dict[str, set[str]] = {node.path: set() for node in nodes}
    for target, sources in above.items():
        for source in sources:
            below[source].add(target)
    kept = {path} | _reached(by_path, above, path) | _reached(by_path, below, path)
    for each in [*kept]:
        kept.update(_containers(by_path, each))
    inside = {node.path for node in nodes if any(each in kept for each in _containers(by_path, node.path)[:1])}
    # A container that is on the way as a whole keeps its contents; that of the step itself only what is related.
    around = {path, *_containers(by_path, path)}
    kept |= {each for each in inside if not any(out in around - {path} for out in _containers(by_path, each)[:1])}
    return [node for node in nodes if node.path in kept]


def _containers(by_path: Mapping[str, CanvasNode], path: str) -> list[str]:
    """Return the containers around a node, the innermost first."""
    found: list[str] = []
    parent = by_path[path].parent
    while parent is not None and parent in by_path and parent not in found:
        found.append(parent)
        parent = by_path[parent].parent
    return found


def _reached(by_path: Mapping[str, CanvasNode], links: Mapping[str, set[str]], path: str) -> set[str]:
    """Return the nodes that links lead to from a node, or from a container around it."""
    found: set[str] = set()
    ahead = [path, *_containers(by_path, path)]
    while ahead:
        for each in links[ahead.pop()] - found:
            found.add(each)
            ahead.append(each)
            ahead += [out for out in _containers(by_path, each) if out not in _containers(by_path, path)]
    return found
