"""The model that weighs whether a sentence founds an event: its file, its answers, its reasons."""

from pathlib import Path

import pytest

from pipeline.coding.founding import ANSWERS, WEIGHTS, Founding, load_founding
from pipeline.errors import SettingsError


def test_the_likeliest_answer_wins_and_names_its_facts() -> None:
    model = Founding({"": (0.0, 0.0, 0.0), "another place": (-1.0, 1.0, 0.0), "no day": (0.2, -0.1, 0.0)})
    answer = model.answer({"another place": 1.0, "no day": 1.0, "unknown fact": 1.0})
    assert answer.what == "new"
    assert answer.because[0] == "another place"
    assert 1 / 3 < answer.chance < 1


def test_without_facts_the_start_decides() -> None:
    assert Founding({"": (0.5, 0.0, -0.5)}).answer({}).what == "goes on"


def test_facts_of_no_value_weigh_nothing() -> None:
    model = Founding({"": (0.1, 0.0, 0.0), "listed": (0.0, 5.0, 0.0)})
    assert model.answer({"listed": 0.0}).what == "goes on"


def test_the_file_reads_as_a_table() -> None:
    lines = WEIGHTS.read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("#")).split(",") == ["fact", *ANSWERS]
    assert {"another place", "no day", "same name"} <= load_founding().weights.keys()


@pytest.mark.parametrize("text", ["", "fact,goes on,new\n,1,2\n", "fact,goes on,new,recalled\nx,1,two,3\n"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "founding.csv"
    path.write_text(text, encoding="utf-8")
    if text:
        with pytest.raises(SettingsError, match=r"founding\.csv"):
            load_founding(path)
    else:
        assert load_founding(path).weights == {}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        load_founding(tmp_path / "nowhere.csv")
