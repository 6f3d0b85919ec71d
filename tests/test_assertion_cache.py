"""Assertions of test modules are rewritten once for all processes of a run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
import pytest
from assertion_cache import import_share
@pytest.hookimpl(tryfirst=True)
def pytest_collection(session):
    import_share(session.config)
"""


@pytest.mark.slow
def test_all_modules_are_rewritten_and_broken_ones_are_errors_of_their_collection(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("def (\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_good.py").write_text("def test_good():\n    assert True\n")
    skipped = "import pytest\npytest.skip('not here', allow_module_level=True)\n"
    (tmp_path / "test_skipped.py").write_text(skipped)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "test_inside.py").write_text(
        "def test_name():\n    assert __name__ == 'package.test_inside'\n"
    )
    command = [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", str(tmp_path)]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert "ERROR collecting test_broken.py" in done.stdout
    assert "INTERNALERROR" not in done.stdout
    assert "1 skipped, 1 error" in done.stdout
    assert [*tmp_path.glob("__pycache__/test_good*.pyc")]
    assert [*tmp_path.glob("package/__pycache__/test_inside*.pyc")]
