"""Assertions of test modules are rewritten once for all processes of a run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
import pytest
from assertion_cache import rewrite_share
@pytest.hookimpl(tryfirst=True)
def pytest_collection(session):
    rewrite_share(session)
"""


@pytest.mark.slow
def test_broken_module_is_an_error_of_its_collection(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("def (\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_good.py").write_text("def test_good():\n    assert True\n")
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", str(tmp_path)]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert "ERROR collecting test_broken.py" in done.stdout
    assert "INTERNALERROR" not in done.stdout
    assert [*tmp_path.glob("__pycache__/test_good*.pyc")]
