"""Coding in several processes: none of them outlives the one that started them."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

from pipeline.workers import Workers
from tests.fakes import FakeCoder
from tests.reports import make_article


class SleepyCoder(FakeCoder):
    """A coder that is still at its article whenever it is asked."""

    def code(self, article: Any) -> Any:
        time.sleep(60)
        return super().code(article)


def test_left_while_it_codes_it_leaves_no_process() -> None:
    before = set(multiprocessing.active_children())
    with Workers(1, SleepyCoder) as coder:
        assert coder.name == "fake"
        under_way = coder.submit([make_article("a1", text="One."), make_article("a2", text="Two.")])
        while not under_way.running():
            time.sleep(0.01)
    assert under_way.result() == []
    assert set(multiprocessing.active_children()) <= before
