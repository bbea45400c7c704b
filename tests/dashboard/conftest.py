"""Stores for the pages: one that is full, and one of 10,000 incidents, made once for the pages that show many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.store import open_store
from tests.generate import fill_world, repeat_world


@pytest.fixture(scope="session")
def big_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a store that holds some 10,000 made-up incidents."""
    path = tmp_path_factory.mktemp("big") / "big.db"
    db = open_store(path)
    fill_world(db, 2_000)
    repeat_world(db, 8)
    db.close()
    return path


@pytest.fixture
def full(generated_store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a store with 300 incidents, the one in use."""
    path = generated_store(300)
    monkeypatch.setenv("DATELINE_STORE", str(path))
    return path
