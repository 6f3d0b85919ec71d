"""Addresses of steps in a run: `fetch`, `build[3]`, `build[3].fetch`."""


def parent_path(path: str) -> str | None:
    """Return the address one level up: `a[3].b` → `a[3]` → `a` → None."""
    return path[: max(path.rfind("."), path.rfind("["), 0)] or None


def declared_id(path: str) -> str:
    """Return the id of the step at an address: `build[3].fetch` → `fetch`."""
    return path.rpartition(".")[2].partition("[")[0]


def iteration_index(path: str) -> int:
    """Return the index at the end of an iteration's address: 3 for `build[3]`."""
    return int(path[path.rindex("[") + 1 : -1])


def owner_path(path: str) -> str:
    """Return the address of the step of an iteration: `build` for `build[3]`."""
    return path[: path.rindex("[")]


def iteration_of(path: str) -> str | None:
    """Return the innermost iteration at or around an address; None outside.

    `build[3]` for itself and for `build[3].fetch`.
    """
    end = path.rfind("]")
    return path[: end + 1] if end >= 0 else None


def is_at_or_in(path: str, place: str) -> bool:
    """Return whether an address is that of a place, or inside it."""
    return path.startswith(place) and path[len(place) : len(place) + 1] in ("", ".", "[")


def without_indices(path: str) -> str:
    """Return the address of a step's declaration: `build[3].fetch` → `build.fetch`."""
    return "".join(part.partition("]")[2] if at else part for at, part in enumerate(path.split("[")))
