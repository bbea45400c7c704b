"""How a count rose: every figure at its time with its range, and the line of the one that held."""

from __future__ import annotations

from dashboard.tolls import last_best, step_words, toll_figure
from pipeline.resolution import toll_history
from tests.reports import articles_of, make_article, make_report

ARTICLES = articles_of(
    make_article("a", "2023-12-03T10:00:00Z"),
    make_article("b", "2023-12-03T18:00:00Z"),
    make_article("c", "2023-12-04T09:00:00Z", source="Outlet a"),
    make_article("u", None),
)
REPORTS = [
    make_report("a", deaths=5, deaths_low=3, deaths_high=6), make_report("b", deaths=7), make_report("c", deaths=9, deaths_high=None),
    make_report("u", deaths=2),
]  # fmt: skip


def test_the_line_steps_up_to_the_figure_that_holds_and_ranges_are_drawn() -> None:
    steps = toll_history(REPORTS[:3], ARTICLES)
    figure = toll_figure(steps, ARTICLES, what="killed")
    assert figure is not None
    line, stands, replaced = figure.data
    assert list(line.y) == [5, 7, 9, 9]
    assert list(stands.y) == [7, 9]
    assert list(replaced.y) == [5], "its own outlet has given another since"
    assert (list(replaced.error_y.arrayminus), list(replaced.error_y.array)) == ([2], [1])
    best = last_best(steps)
    assert [step_words(s, ARTICLES, last=s is best)[1] for s in steps] == [
        "5 (3–6) · held until the next",
        "7 · held until the next",
        "9+ · holds now",
    ]


def test_without_two_dated_figures_there_is_no_course_to_draw() -> None:
    assert toll_figure(toll_history([REPORTS[0]], ARTICLES), ARTICLES, what="killed") is None
    assert toll_figure(toll_history([REPORTS[0], REPORTS[3]], ARTICLES), ARTICLES, what="killed") is None
    assert last_best([]) is None
    undated = toll_history([REPORTS[3]], ARTICLES)
    assert step_words(undated[0], ARTICLES, last=True) == ("Outlet u, undated", "2 · holds now")
