"""What tests share: stores (empty, of the demonstration, generated), the coder, a Chromium."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from pipeline import store
from pipeline.actors import ActorList, Countries, load_actors, load_countries
from pipeline.settings import SEEDS, Settings, load_settings
from tests.generate import fill_store
from tools.chromium import find_chromium, install_chromium

# How fast a machine is says nothing about whether the code is right. In CI the examples are the same each time.
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
hypothesis.settings.register_profile(
    "dateline", deadline=None, derandomize=CI, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)  # fmt: skip
hypothesis.settings.load_profile("dateline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests in tests/browser drive a browser: `-m "not browser"` leaves them out."""
    for item in items:
        if "browser" in item.path.relative_to(item.config.rootpath).parts:
            item.add_marker("browser")


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a store path of its own, so that none touches the one in use; nothing is there yet."""
    path = tmp_path / "own-store" / "dateline.db"
    monkeypatch.setenv("DATELINE_STORE", str(path))
    return path


@pytest.fixture
def dateline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in this process; gives (exit code, stdout, stderr)."""
    from pipeline import cli

    def call(*args: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dateline", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return call


@pytest.fixture(scope="session")
def actors() -> ActorList:
    """The actor list that ships with the program."""
    return load_actors()


@pytest.fixture(scope="session")
def countries() -> Countries:
    """The countries that ship with the program."""
    return load_countries()


@pytest.fixture
def fresh_db(tmp_path: Path) -> Iterator[Any]:
    """An empty store, open for writing."""
    db = store.open_store(tmp_path / "fresh.db")
    yield db
    db.close()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with the cache in use (indexes are built once) and a store path that is nobody's."""
    return load_settings(store=tmp_path_factory.mktemp("settings") / "unused.db")


@pytest.fixture(scope="session")
def coder(settings: Settings) -> Any:
    """The rules coder with its trained model, loaded once for all tests."""
    from pipeline.coding.coder import load_coder

    return load_coder(settings)


@pytest.fixture(scope="session")
def demo_master(tmp_path_factory: pytest.TempPathFactory, coder: Any, settings: Settings) -> Path:
    """The demonstration, ingested once; take `demo_store` for a copy of your own."""
    from pipeline.run import ingest

    path = tmp_path_factory.mktemp("demo") / "demo.db"
    db = store.open_store(path)
    ingest(db, [SEEDS / "articles"], coder=coder, settings=settings)
    db.close()
    return path


@pytest.fixture
def demo_store(demo_master: Path, tmp_path: Path) -> Path:
    """The path of a store that holds the demonstration."""
    return Path(shutil.copy(demo_master, tmp_path / "demo.db"))


@pytest.fixture(scope="session")
def generated_master(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Path]:
    """Generated stores by size and seed, each made once; take `generated_store` for a copy of your own."""
    made: dict[tuple[int, int], Path] = {}

    def master(n: int, seed: int) -> Path:
        if (n, seed) not in made:
            path = tmp_path_factory.mktemp("generated") / f"{n}-{seed}.db"
            db = store.open_store(path)
            db.execute("PRAGMA synchronous = OFF")
            fill_store(db, n, seed)
            db.close()
            made[n, seed] = path
        return made[n, seed]

    return master


@pytest.fixture
def generated_store(generated_master: Callable[[int, int], Path], tmp_path: Path) -> Callable[..., Path]:
    """`generated_store(200)` is the path of a store with 200 made-up incidents (see tests/generate.py)."""

    def make(n: int, seed: int = 1) -> Path:
        return Path(shutil.copy(generated_master(n, seed), tmp_path / f"generated-{n}-{seed}.db"))

    return make


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium, installed where there is none. Without one, browser tests fail in CI, else are skipped."""
    try:
        return find_chromium() or install_chromium()
    except RuntimeError as e:
        if CI:
            pytest.fail(str(e))
        pytest.skip(str(e))
