import gzip
import json
from pathlib import Path

from helpers import run_to_end

from wftui.workbench import Workbench

LOG = """\
2026-11-22T10:00:01 INFO request 17 from 10.0.0.1 took 12 ms
2026-11-22T10:00:02 INFO request 18 from 10.0.0.2 took 900 ms
2026-11-22T10:59:59 ERROR cannot open "a.txt": no such file
2026-11-22T11:00:00 ERROR cannot open "b.txt": no such file
2026-11-22T11:00:01 WARNING disk at 91 %

no level | and a pipe
"""


async def test_a_file(workbench: Workbench, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(LOG)
    out = tmp_path / "out"
    record = await run_to_end(workbench, "log_triage", {"path": str(log), "out": str(out)})
    assert record.status == "completed", record.error
    found = json.loads((out / "report.json").read_text())
    assert found["lines"] == 6
    assert {row["level"]: row["lines"] for row in found["levels"]} == {"INFO": 2, "ERROR": 2, "WARN": 1, "NONE": 1}
    assert [(row["hour"], row["errors"]) for row in found["hours"]][:2] == [
        ("2026-11-22 10:00", 1),
        ("2026-11-22 11:00", 1),
    ]
    assert found["groups"][0]["lines"] == 2
    assert found["groups"][0]["level"] == "ERROR"
    markdown = (out / "report.md").read_text()
    assert markdown == record.outputs["report"]
    assert r"no level \| and a pipe" in markdown


async def test_a_folder_with_packed_and_broken_files(workbench: Workbench, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    (logs / "old").mkdir(parents=True)
    (logs / "app.log").write_bytes(b"2026-11-22 10:00:00 ERROR \xff\xfe broken bytes\n" * 3)
    with gzip.open(logs / "old" / "app.log.1.gz", "wt") as packed:
        packed.write(LOG)
    (logs / "notes.txt").write_text("not a log\n")
    record = await run_to_end(workbench, "log_triage", {"path": str(logs), "out": str(tmp_path / "out")})
    assert record.status == "completed", record.error
    assert record.outputs["lines"] == 9


async def test_packages_and_versions_make_lines_no_different(workbench: Workbench, tmp_path: Path) -> None:
    log = tmp_path / "dpkg.log"
    log.write_text(
        "2026-05-09 07:29:12 status installed libgpg-error-dev:amd64 1.46-1\n"
        "2026-05-09 07:29:13 status installed curl:amd64 7.88.1-10+deb12u12\n"
        "2026-05-09 07:29:14 GET /api/users/17 took=3ms\n"
        "2026-05-09 07:29:15 GET /api/users/4 took=12ms\n"
        "2026-05-09 07:29:16 [error] /var/log/error.log is full\n"
    )
    record = await run_to_end(workbench, "log_triage", {"path": str(log), "out": str(tmp_path / "out")})
    assert record.status == "completed", record.error
    assert [(row["level"], row["lines"]) for row in record.outputs["levels"]] == [("NONE", 4), ("ERROR", 1)]
    groups = json.loads((tmp_path / "out" / "report.json").read_text())["groups"]
    assert [row["shape"] for row in groups] == [
        "<time> [error] /var/log/error.log is full",
        "<time> GET /api/users/<n> took=<n>",
        "<time> status installed <n> <n>",
    ]


async def test_missing_logs_are_reported(workbench: Workbench, tmp_path: Path) -> None:
    record = await run_to_end(workbench, "log_triage", {"path": str(tmp_path), "out": str(tmp_path / "out")})
    assert record.status == "failed"
    assert record.error is not None
    assert "matches *.log*" in record.error.message
