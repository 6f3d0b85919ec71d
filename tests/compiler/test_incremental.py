"""What a compiler remembers changes nothing: after any edit it says and writes what a new one does."""

import json
import random
from pathlib import Path
from typing import Any

from compiler.compiler_helpers import compiler_of
from compiler.every_feature import EVERYTHING

STEPS = ("steps", "finally")


def edited(source: dict[str, Any], random_: random.Random) -> str:
    """The workflow with one edit, as text with one of several layouts."""
    kind = random_.randrange(7)
    steps = source["steps"]
    chosen = random_.choice(steps)
    if kind == 0:
        chosen["note"] = "x" * random_.randrange(50)
    elif kind == 1:
        chosen["name"] = random_.choice(["a", "b\nc", "{{ x }}"])
    elif kind == 2:
        steps.insert(
            random_.randrange(len(steps)), {"id": f"new_{random_.randrange(10_000)}", "type": "set", "needs": []}
        )
    elif kind == 3:
        source["description"] = "line\n" * random_.randrange(5)
    elif kind == 4:
        source["defaults"] = {"timeout": f"{random_.randrange(1, 9)}s"}
    elif kind == 5 and chosen["type"] == "set":
        chosen.setdefault("input", {})["z"] = f"{{{{ inputs.name ~ {random_.randrange(9)} }}}}"
    else:
        chosen["needs"] = []
    return json.dumps(source, indent=random_.choice([None, 1, 2]), ensure_ascii=random_.random() < 0.5)


def test_a_compiler_with_a_memory_agrees_with_one_without() -> None:
    random_ = random.Random(7)
    source = json.loads(json.dumps(EVERYTHING))
    remembering = compiler_of(Path("nowhere"))
    compiled = 0
    for _ in range(60):
        text = edited(source, random_)
        warm, cold = remembering.check("flow", text), compiler_of(Path("nowhere")).check("flow", text)
        assert warm.generated_code == cold.generated_code
        assert (warm.errors, warm.warnings) == (cold.errors, cold.warnings)
        assert remembering._known["flow"].outline == compiler_of(Path("nowhere"))._compile_text("flow", text).outline
        compiled += warm.success
    assert compiled > 40
