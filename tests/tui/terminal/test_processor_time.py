"""The share of CPU time that a process gets is counted by the system."""

from pathlib import Path

from wftui.tui.terminal.processor_time import ProcessorTime


def test_processor_time_counts_what_threads_got_of_what_they_asked_for(tmp_path: Path) -> None:
    def task(number: int, used: int, waited: int) -> None:
        (tmp_path / str(number)).mkdir(exist_ok=True)
        (tmp_path / str(number) / "schedstat").write_text(f"{used} {waited} 7\n")

    time = ProcessorTime(tmp_path)
    task(1, 1_000, 9_000)
    assert time.share() == 1.0
    task(1, 1_100, 9_000)
    task(2, 500, 500)
    assert time.share() == 1.0
    task(1, 1_200, 9_100)
    task(2, 600, 700)
    assert time.share() == 0.4
    assert time.share() == 1.0
    assert ProcessorTime(tmp_path / "none").share() == 1.0
