"""wftui works with the lowest versions that the metadata allows."""

import json
import os
import subprocess
import venv
import zipfile
from collections.abc import Sequence
from email.parser import BytesParser
from pathlib import Path

import pytest
from builds import ROOT, build
from packaging.requirements import Requirement

MODULES = {
    (): ["wftui.tui.launch"],
    ("mcp", "serve", "sql", "store", "web"): [
        "wftui.steps.mcp.session",
        "wftui.api.server",
        "wftui.web.server",
        "wftui.web.screen_process",
        "wftui.steps.sql.sqlalchemy_job",
        "sqlalchemy",
        "pyrage",
    ],
    ("workers",): ["wftui.workers.database", "wftui.workers.sealing", "wftui.workers.job_queue"],
}
"""What is imported, by the extras that are installed."""


def lowest(wheel: Path, extras: Sequence[str]) -> dict[str, str]:
    """The lowest version of each direct requirement, including extras, by name."""
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    found: dict[str, str] = {}
    for line in BytesParser().parsebytes(archive.read(name)).get_all("Requires-Dist", []):
        each = Requirement(line)
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            (bound,) = [bound.version for bound in each.specifier if bound.operator in (">=", "==")]
            found[each.name] = max(bound, found.get(each.name, "0"), key=parts)
    return found


def parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


@pytest.mark.slow
@pytest.mark.parametrize("extras", list(MODULES), ids=["alone", "with extras", "with workers"])
def test_a_workflow_runs_on_the_lowest_versions(tmp_path: Path, extras: tuple[str, ...]) -> None:
    wheel = build(ROOT, "wheel", tmp_path / "dist")
    versions = lowest(wheel, extras)
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv" / "bin"

    def run(program: str, *arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
        done = subprocess.run(
            [programs / program, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{program} {arguments}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    wanted = [f"{name}=={version}" for name, version in versions.items()]
    run("pip", "install", "--quiet", f"{wheel}[{','.join(extras)}]" if extras else str(wheel), *wanted)

    (tmp_path / "tables").mkdir()
    run("wftui", "new", "--example", "csv_report", "repo_health", "mcp_repo_notes")
    run("wftui", "compile", "--all", "--stale")
    (tmp_path / "data.csv").write_text("name,amount\na,1.5\nb,2\na,3\n")
    inputs = ["-i", "csv=data.csv", "-i", "groupBy=name", "-i", "sum=amount"]
    assert json.loads(run("wftui", "run", "csv_report", "--json", *inputs))["status"] == "completed"
    key = "from wftui.model.workflow.definition import Step; print(Step.model_fields['on_error'].alias)"
    assert run("python", "-c", key) == "onError\n", "fields know their keys before a model is first used"
    for module in MODULES[extras]:
        run("python", "-c", f"import {module}")
