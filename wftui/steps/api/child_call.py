"""Call of another workflow by a step."""

from wftui.model.data_class import dataclass


@dataclass(frozen=True, slots=True)
class ChildCall:
    """Call of another workflow by a step.

    Attributes:
        wait: wait for its end; otherwise it runs on its own, and a cancel of this run leaves it.
        version: version that it must have.
        hash: hash of its definition that it must have, `sha256:...`.
        max_depth: maximum nesting of runs, in place of the engine's.
    """

    wait: bool = True
    version: str | None = None
    hash: str | None = None
    max_depth: int | None = None


WAITED = ChildCall()
