"""What a fresh checkout stands on: the lock, the licence, the package's own files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from pipeline.settings import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def tracked_files() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = [name for name in done.stdout.split("\0") if name]
    if not names:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_every_dependency_is_in_the_lock_with_a_version_that_fits() -> None:
    pinned = dict(PINNED.findall(LOCK))
    for extra in ("", *PROJECT["project"]["optional-dependencies"]):
        wanted = PROJECT["project"]["optional-dependencies"][extra] if extra else PROJECT["project"]["dependencies"]
        for requirement in wanted:
            name = re.split(r"[<>=!~ \[;]", requirement)[0]
            assert name in pinned, f"{name} is not in requirements.lock; run make lock"


def imported() -> set[str]:
    """The top-level packages that the project's own code imports anywhere."""
    names = set()
    for path in (p for folder in ("pipeline", "dashboard") for p in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names


def test_dependencies_are_what_is_imported() -> None:
    wanted = {re.split(r"[<>=!~ \[;]", r)[0].replace("-", "_") for r in PROJECT["project"]["dependencies"]}
    # A package of another name than its project's.
    wanted = {{"python_docx": "docx"}.get(name, name) for name in wanted}
    own = {"pipeline", "dashboard", "seeds"}
    models = {name for name in wanted if name.startswith("en_core_web_")}  # loaded by the name that a setting holds
    assert wanted - models == imported() - own - set(sys.stdlib_module_names)


def test_every_file_in_the_lock_has_its_hash() -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
    assert len(blocks) > 50
    assert [b.split()[0] for b in blocks if "--hash=sha256:" not in b] == []


def test_setuptools_is_locked_since_the_project_is_built_without_isolation() -> None:
    assert "setuptools" in dict(PINNED.findall(LOCK))


def test_the_lock_names_no_place_to_download_from() -> None:
    assert not re.search(r"https?://|file:|--(?:extra-)?index-url|--find-links|@ ", LOCK)


def test_the_licence_is_apache() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"


def test_the_command_is_installed() -> None:
    scripts = {e.name: e.value for e in metadata.distribution("dateline-monitor").entry_points}
    assert scripts == {"dateline": "pipeline.cli:main"}


def test_no_file_is_executable_by_accident_or_very_large() -> None:
    large = [p for p in tracked_files() if p.stat().st_size > 5_000_000]
    assert large == []


def test_no_tracked_file_names_an_absolute_path_of_a_machine() -> None:
    own = re.compile(r"(?<![\w.])/(?:home/\w+|root|Users/\w+|work)/[\w.-]+")
    suffixes = (".py", ".md", ".toml", ".txt", ".csv", ".lock", "")
    texts = [p for p in tracked_files() if p.suffix in suffixes and p.stat().st_size < 1_000_000]
    assert [str(p) for p in texts if own.search(p.read_text(encoding="utf-8", errors="replace"))] == []


@pytest.mark.parametrize("package", ["pipeline", "dashboard", "seeds"])
def test_packages_are_found_from_anywhere(package: str, tmp_path: Path) -> None:
    code = f"import {package}, pathlib; print(pathlib.Path({package}.__file__).parent)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == ROOT / package


def test_the_pipeline_does_not_know_the_dashboard() -> None:
    code = "import pkgutil, importlib, sys, pipeline\n"
    code += "for m in pkgutil.walk_packages(pipeline.__path__, 'pipeline.'): importlib.import_module(m.name)\n"
    code += "print([m for m in sys.modules if m.split('.')[0] in ('dashboard', 'streamlit')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_streamlit_does_not_phone_home() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["browser"]["gatherUsageStats"] is False
