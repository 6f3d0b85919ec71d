"""All benchmarks: `python tests/benchmarks/run.py [NAME …]` prints one table.

A benchmark is a module `bench_<name>.py` beside this one with `rows() -> Iterable[Row]`.
"""

import importlib
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
# Programs are measured as they are installed, with their bytecode beside them: without, half of a start is parsing.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.path.insert(0, str(HERE))

from measure import Row, print_table  # noqa: E402  (found only once this folder is on the path)


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    unknown = set(names) - set(known)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names or known:
        print(f"… {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench_{name}").rows()
    print_table(rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
