"""What changed between two revisions of a story."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.revisions import Change, compare_texts


def shown(old: str, new: str) -> list[tuple[str, str, str]]:
    return [(c.kind, old[c.old_start : c.old_end], new[c.new_start : c.new_end]) for c in compare_texts(old, new) if c.kind != "same"]


def test_words_that_changed() -> None:
    old = "Five people were killed in Kirkuk.\n\nThe road is closed.\n\nMore follows."
    new = "Seven people were killed near Kirkuk.\n\nThe road is closed.\n\nTwo men were arrested."
    assert shown(old, new)[:2] == [("changed", "Five", "Seven"), ("changed", "in", "near")]
    assert shown("a b c", "a c") == [("removed", "b ", "")]
    assert shown("a c", "a b c") == [("added", "", "b ")]
    assert compare_texts("same", "same") == (Change("same", 0, 4, 0, 4),)
    assert compare_texts("", "") == ()


TEXTS = st.lists(st.sampled_from(["a", "b", " ", "\n", "\n\n", "word", ".", "é"])).map("".join)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_put_together_again(old: str, new: str) -> None:
    changes = compare_texts(old, new)
    assert "".join(old[c.old_start : c.old_end] for c in changes) == old
    assert "".join(new[c.new_start : c.new_end] for c in changes) == new
    assert all(old[c.old_start : c.old_end] == new[c.new_start : c.new_end] for c in changes if c.kind == "same")


def test_long_texts_take_no_time() -> None:
    old = "\n\n".join(f"Paragraph {n} tells of the road to Daquq and of those on it." for n in range(3000))
    assert [c.kind for c in compare_texts(old, old.replace("Paragraph 1500 tells", "Paragraph 1500 speaks"))] == ["same", "changed", "same"]
