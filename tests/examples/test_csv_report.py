from pathlib import Path

from helpers import run_to_end

from wftui.workbench import Workbench

CSV = 'region,sales\nnorth,10.5\nsouth,1\nnorth,2\n"west, far",\n'


async def test_a_file_becomes_a_report(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CSV)
    inputs = {
        "csv": str(tmp_path / "in.csv"),
        "groupBy": "region",
        "sum": "sales",
        "database": str(tmp_path / "out.db"),
        "report": str(tmp_path / "out.md"),
    }
    record = await run_to_end(workbench, "csv_report", inputs)
    assert record.status == "completed", record.error
    assert record.outputs["rows"] == 4
    assert record.outputs["sums"][0] == {"name": "north", "count": 2, "total": 12.5}
    report = (tmp_path / "out.md").read_text()
    assert report == record.outputs["report"]
    assert "| north | 2 | 12.50 |" in report
    assert "| west, far | 1 | 0.00 |" in report
    again = await run_to_end(workbench, "csv_report", inputs)
    assert again.outputs["rows"] == 4


async def test_missing_column_is_named(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CSV)
    record = await run_to_end(
        workbench, "csv_report", {"csv": str(tmp_path / "in.csv"), "groupBy": "region", "sum": "turnover"}
    )
    assert record.status == "failed"
    assert record.error is not None
    assert "needs rows with the columns region and turnover" in record.error.message


async def test_invalid_number_is_named_with_its_line(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CSV.replace("2\n", "two\n"))
    inputs = {"csv": str(tmp_path / "in.csv"), "groupBy": "region", "sum": "sales", "database": str(tmp_path / "x.db")}
    record = await run_to_end(workbench, "csv_report", inputs)
    assert record.error is not None
    assert "line 4: 'two' is no number" in record.error.message
