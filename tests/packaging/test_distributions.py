"""Contents of wheel and sdist, independent of other files in the checkout."""

import email.parser
import email.policy
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from builds import PLANTED, ROOT, SECRET, build

from wftui import __version__
from wftui.agents.pages import page_names
from wftui.workspace.shipped import example_files

EXAMPLES = "wftui/workspace/examples/"


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout with planted files."""
    target = tmp_path_factory.mktemp("checkout") / "wftui"
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".git", "venv", ".venv", "__pycache__", ".*_cache"))
    for name in PLANTED:
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SECRET)
    return target


@pytest.fixture(scope="session")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of that checkout."""
    return build(checkout, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="session")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist."""
    folder = tmp_path_factory.mktemp("unpacked")
    shutil.unpack_archive(sdist, folder, filter="data")
    return next(folder.iterdir())


@pytest.fixture(scope="session")
def wheel(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel made from the sdist, as an index's users get it."""
    return build(unpacked, "wheel", tmp_path_factory.mktemp("wheel"))


def test_example_list_matches_git() -> None:
    if not (ROOT / ".git").exists():
        on_disk = {str(path.relative_to(ROOT / "tables")) for path in (ROOT / "tables").rglob("workflow.json")}
        assert {name for name in example_files() if name.endswith("/workflow.json")} == on_disk
        return
    known = subprocess.run(["git", "ls-files", "tables"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert sorted(example_files()) == sorted(line.removeprefix("tables/") for line in known.stdout.splitlines())


def test_the_wheel_holds_the_listed_examples_and_no_others(wheel: Path) -> None:
    names = [name.removeprefix(EXAMPLES) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(EXAMPLES)]
    assert sorted(names) == sorted(example_files())


def test_the_wheel_holds_the_pages_for_authors_and_all_of_the_browsers_page(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    for name in page_names():
        assert archive.read(f"wftui/agents/pages/{name}.md") == (ROOT / "docs" / f"{name}.md").read_bytes()
    for file in (ROOT / "wftui" / "web" / "static").iterdir():
        assert archive.read(f"wftui/web/static/{file.name}") == file.read_bytes()


def test_planted_files_are_not_packaged(checkout: Path, wheel: Path, unpacked: Path, tmp_path: Path) -> None:
    straight = build(checkout, "wheel", tmp_path)
    assert all((checkout / name).read_text() == SECRET for name in PLANTED)
    for archive in (zipfile.ZipFile(straight), zipfile.ZipFile(wheel)):
        assert [name for name in archive.namelist() if SECRET.encode() in archive.read(name)] == []
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    found = [path for path in files if path.read_bytes() == SECRET.encode()]
    assert found == []


def test_wheel_from_sdist_equals_wheel_from_checkout(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    straight, again = zipfile.ZipFile(build(checkout, "wheel", tmp_path)), zipfile.ZipFile(wheel)
    assert {each.filename: each.CRC for each in straight.infolist()} == {
        each.filename: each.CRC for each in again.infolist()
    }


def test_sdist_contains_all_tracked_files(unpacked: Path) -> None:
    if not (ROOT / ".git").exists():
        return  # this is an sdist
    known = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    missing = [name for name in known if (ROOT / name).exists() and not (unpacked / name).is_file()]
    assert missing == [".gitattributes"]


@pytest.fixture
def metadata(wheel: Path) -> email.message.EmailMessage:
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    return email.parser.BytesParser(policy=email.policy.default).parsebytes(archive.read(name))


def test_metadata_is_complete_for_an_index(metadata: email.message.EmailMessage) -> None:
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "MIT"
    labels = {value.partition(",")[0] for value in metadata.get_all("Project-URL", [])}
    assert labels == {"Homepage", "Documentation", "Changelog", "Issues"}
    minors = {int(each.rpartition(".")[2]) for each in metadata.get_all("Classifier", []) if ":: 3." in each}
    assert minors == {11, 12, 13, 14}


def requirements(wheel: Path) -> set[str]:
    """The requirements of a wheel, without those of its extras."""
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    found = email.parser.BytesParser(policy=email.policy.default).parsebytes(archive.read(name))
    lines = [line for line in found.get_all("Requires-Dist", []) if "extra ==" not in line]
    return {re.split(r"[^\w.-]", line)[0].replace("-", "_") for line in lines}


def test_musl_wheel_omits_unavailable_dependencies(
    checkout: Path, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WFTUI_LIBC", "musl")
    musl = build(checkout, "wheel", tmp_path)
    assert "musllinux" in musl.name
    assert wheel.name.endswith("-py3-none-any.whl")
    assert requirements(wheel) - requirements(musl) == {"ahocorasick_rs"}
    assert requirements(musl) < requirements(wheel)


def test_links_and_pictures_of_the_readme_work_on_an_index(metadata: email.message.EmailMessage) -> None:
    text = metadata.get_content() if metadata.get_content_type() == "text/markdown" else metadata.get_payload()
    targets = re.findall(r"\]\(([^)]+)\)", str(text))
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", str(text))
    assert pictures
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []
    raw, page = "https://raw.githubusercontent.com/wftui/wftui/main/", "https://github.com/wftui/wftui/blob/main/"
    assert [each for each in pictures if not (ROOT / each.removeprefix(raw).partition("#")[0]).is_file()] == []
    own = [each for each in targets if each.startswith(page)]
    assert own
    assert [each for each in own if not (ROOT / each.removeprefix(page).partition("#")[0]).exists()] == []


@pytest.mark.slow
def test_the_wheel_from_the_sdist_is_installed_and_runs(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    done = subprocess.run([*install, str(wheel)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    def wftui(*arguments: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(target)}
        done = subprocess.run(
            [sys.executable, str(target / "bin" / "wftui"), *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert wftui("--version") == f"wftui {__version__}\n"
    assert "repo_health" in wftui("list")
    (tmp_path / "data.csv").write_text("name,amount\na,1\na,2\n")
    wftui("compile", "--all", "--check")
    wftui("new", "hello")
    assert "world" in wftui("run", "hello", "--json")
