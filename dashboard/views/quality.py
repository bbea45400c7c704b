"""Quality: how good the coder was measured to be, column by column, and whether that coder made this store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard.evidence import escape_text
from dashboard.queries_articles import coders
from dashboard.reading import heading, line, notice, use_style
from dashboard.states import guard_store, open_page
from dashboard.wording import NOT_STATED, field_label, format_day, plural
from pipeline.codebook import columns, describe
from pipeline.errors import FormatError, StoreBrokenError
from pipeline.evaluate import MEASURED, SHOWN_PHENOMENON, Measured, read_measured
from pipeline.scoring import Band, Score, Tally

CSS = Path(__file__).resolve().parent.parent / "assets" / "tables.css"
MEASURE = "dateline evaluate --out pipeline/measured.json"

# The codebook's column behind a figure that is scored under a name of its own.
COLUMN_OF = {"date": "date_start", "place": "place_name"}
LABELS = {"date": "Date", "place": "Place on the map", "report": "The report as a whole"}
# A share of so few says little: one more right or wrong moves it by a tenth.
FEW = 10

# What each figure is, for its tooltip.
FOUND = "Of the values that the articles give, the share that the coder wrote, and wrote right (recall)."
RIGHT = "Of the values that the coder wrote, the share that is right (precision)."
F1 = "Found and right in one figure: their harmonic mean, from 0 to 1."
GOLD = "In how many events of the hand-coded articles the column is scored."
SLOTS = "The mean F1 of all columns above, over these articles."
EXACT = "The share of articles in which every event was found, none too many, with day, place, type and deaths right."
REPORT = "A report is right when its event is one of the article's and its day, place, type and deaths hold."


# --- pieces of a table ---------------------------------------------------------------------------


def percent(share: float) -> str:
    """A share as a whole percentage: 0.713 is '71%'; only all of it is '100%', only none '0%'."""
    shown = math.floor(share * 100) if share > 0.5 else math.ceil(share * 100)
    whole = round(share * 100)
    return f"{whole if 0 < whole < 100 else shown}%"


def bar(share: float, words: str, *, few: bool = False) -> str:
    """A cell with a figure and its bar, `share` of the full width."""
    width = max(0.0, min(1.0, share)) * 100
    figure = f'<u>{escape_text(words)}</u><i><b style="width:{width:.1f}%"></b></i>'
    return f'<td class="tb-bar{" tb-few" if few else ""}"><span>{figure}</span></td>'


def term(text: str, tip: str = "") -> str:
    """A word that explains itself when it is pointed at or reached by keyboard."""
    return f'<abbr title="{escape_text(tip)}" tabindex="0">{escape_text(text)}</abbr>' if tip else escape_text(text)


def table_html(heads: Sequence[tuple[str, str]], rows: Sequence[str]) -> str:
    """A table of these columns (name, tooltip) and rows, each the HTML of its cells."""
    head = "".join(f'<th scope="col">{term(name, tip)}</th>' for name, tip in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="tb-wrap"><table class="tb-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def row_head(text: str, tip: str = "") -> str:
    """The first cell of a row."""
    return f'<th scope="row">{term(text, tip)}</th>'


# --- what the page says --------------------------------------------------------------------------


def label_of(field: str) -> str:
    """The label of a scored field."""
    return LABELS.get(field) or field_label(field)


def meaning_of(field: str) -> str:
    """The codebook's sentence on a scored field."""
    return REPORT if field == "report" else describe(COLUMN_OF.get(field, field))


def in_order(fields: Sequence[tuple[str, Tally]]) -> list[tuple[str, Tally]]:
    """Scored fields in the order of the codebook's columns."""
    order = {c.column: n for n, c in enumerate(columns("native"))}
    return sorted(fields, key=lambda f: order.get(COLUMN_OF.get(f[0], f[0]), len(order)))


def version_words(measured: Measured, made: Sequence[tuple[str, str, int]]) -> tuple[str, str]:
    """Whether the coder that was measured is the one that coded this store (`made`: name, version, articles)."""
    mine = (measured.coder, measured.coder_version)
    of_mine = sum(n for name, version, n in made if (name, version) == mine)
    others = [(name, version, n) for name, version, n in made if (name, version) != mine]
    if not made:
        return "Nothing is coded in this store yet.", f"The figures are of the coder {' '.join(mine)}."
    if not others:
        return "These figures are of the coder that coded this store:", f"{' '.join(mine)}, {plural(of_mine, 'article')}."
    told = ", ".join(f"{plural(n, 'article')} by {name} {version}" for name, version, n in others)
    if of_mine:
        return (
            "These figures hold for a part of this store.",
            f"The coder that was measured, {' '.join(mine)}, coded {plural(of_mine, 'article')} in it. Not measured: {told}.",
        )
    return (
        "These figures are not of the coder that coded this store.",
        f"Measured was {' '.join(mine)}; in the store are {told}. Take the figures as a guide only.",
    )


def tallies_html(score: Score) -> str:
    """The figures over all articles in one row."""
    deaths = NOT_STATED if score.deaths_error is None else percent(score.deaths_error)
    figures = (
        (f"{score.incident.f1:.2f}", "", "F1 of events"),
        (percent(score.incident.recall), f"{score.incident.right:,} of {score.incident.gold:,}", "of the events found"),
        (percent(score.incident.precision), f"{score.incident.right:,} of {score.incident.written:,}", "of what is counted is right"),
        (percent(score.exact_share), f"{score.exact:,} of {score.articles:,}", "of articles wholly right"),
        (f"{score.quiet:,}", f"of {score.quiet_of:,}", "articles without an event kept quiet"),
        (f"{score.leaked:,}", f"of {score.not_asserted:,}", "not asserted, but counted"),
        (deaths, f"{score.deaths_written:,} for {score.deaths_gold:,}", "off in the sum of deaths"),
        (f"{score.merge_pairs.f1:.2f}", "", "F1 of linking reports of one event"),
    )
    cells = "".join(
        f'<div class="dl-tally"><span class="dl-figure">{escape_text(figure)}<small>{escape_text(small)}</small></span>'
        f'<span class="dl-label">{escape_text(label)}</span></div>'
        for figure, small, label in figures
    )
    return f'<div class="dl-tallies">{cells}</div>'


def fields_html(fields: Sequence[tuple[str, Tally]]) -> str:
    """Column by column: found, right, both."""
    heads = (("Column", ""), ("Found", FOUND), ("Right", RIGHT), ("Events", GOLD), ("F1", F1))
    rows = [
        f"{row_head(label_of(name), meaning_of(name))}<td>{percent(t.recall)}</td><td>{percent(t.precision)}</td>"
        f"<td>{t.gold:,}</td>{bar(t.f1, f'{t.f1:.2f}', few=t.gold < FEW)}"
        for name, t in fields
    ]
    return table_html(heads, rows)


def bands_html(bands: Sequence[Band]) -> str:
    """Confidence band by band: how often it was said, and how often it was right."""
    heads = (("Confidence said", ""), ("Times", ""), ("On average", ""), ("Right", "The share that was right among them."))
    rows = [
        f"{row_head(f'{b.low:.1f} to {b.high:.1f}')}<td>{b.n:,}</td><td>{percent(b.confidence)}</td>"
        f"{bar(b.share, percent(b.share), few=b.n < FEW)}"
        for b in bands
    ]
    return table_html(heads, rows)


def phenomena_html(phenomena: Sequence[tuple[str, Score]]) -> str:
    """By what an article tries the coder with: events, columns, whole articles."""
    heads = (
        ("Articles with", ""), ("Articles", ""), ("Events found", FOUND), ("Right", RIGHT), ("Columns", SLOTS), ("Wholly right", EXACT),
        ("F1 of events", F1),
    )  # fmt: skip
    rows = []
    for name, s in phenomena:
        t = s.incident
        slots = NOT_STATED if not t.gold or s.slots_macro_f1 is None else f"{s.slots_macro_f1:.2f}"
        found, right = (percent(t.recall), percent(t.precision)) if t.gold else (NOT_STATED, NOT_STATED)
        both = bar(t.f1, f"{t.f1:.2f}", few=s.articles < FEW) if t.gold else f'<td class="tb-bar"><span>{quiet_words(s)}</span></td>'
        rows.append(
            f"{row_head(phenomenon_words(name))}<td>{s.articles:,}</td><td>{found}</td><td>{right}</td><td>{slots}</td>"
            f"<td>{percent(s.exact_share)}</td>{both}"
        )
    return table_html(heads, rows)


def quiet_words(score: Score) -> str:
    """What became of articles that tell no event."""
    return escape_text(f"no event: {score.quiet:,} of {score.quiet_of:,} kept quiet")


# What a gold set calls a difficulty, said as the end of "articles with"; other names are shown as they are.
PHENOMENON_WORDS = {
    "aggregate_since_date": "a sum of events since some day", "agency_original": "an agency's own story",
    "alias_abbreviation": "aliases and abbreviations", "ambiguous_toponym": "a place name that many places have",
    "attacker_death_excluded": "a dead attacker outside the toll", "attacker_death_included": "a dead attacker in the toll",
    "background_event": "an earlier event as background", "between_x_and_y": "a place between two places",
    "blame": "somebody blamed", "cluster": "an event told by several outlets", "confuser_next_day": "a like event on the next day",
    "denial": "a denial", "explicit_zero": "“no casualties”", "follow_up": "news on an earlier event",
    "intercepted": "an attack intercepted",
    "landmine_ied": "a mine or improvised bomb", "metonymy": "a capital for a government", "near": "“near” a place",
    "no_asserted": "no asserted event", "no_claim": "nobody claiming it", "no_report": "no event at all",
    "nominal_reference": "“the group”, “the militants”", "outside": "“outside” a place", "paraphrase": "a story retold in other words",
    "prospective": "a threat or a plan", "province_only": "no more than a province", "relative_date": "“on Sunday”, “two days ago”",
    "republication": "a story printed again", "round_up": "a round-up of many events",
    "same_town_confuser": "a like event in the same town",
    "several_incidents": "several events", "subset_count": "a count within a count", "toll_revised": "a toll revised",
    "transliteration": "names spelled in several ways",
}  # fmt: skip


def phenomenon_words(name: str) -> str:
    """What an article tries, in words."""
    return PHENOMENON_WORDS.get(name, name.replace("_", " "))


# --- the page ------------------------------------------------------------------------------------


def show_unmeasured(why: str = "") -> None:
    """There is no result to show: how one comes to be."""
    st.subheader("The coder has not been measured", anchor=False)
    st.markdown(f"The result that was kept cannot be read: {why}" if why else "There is no result to show yet.")
    st.markdown("To measure the coder on our own hand-coded articles, in a terminal:")
    st.code(MEASURE, language=None)


def show_reliability(bands: Sequence[Band]) -> None:
    """How often the coder is right when it says how sure it is."""
    heading("When it says how sure it is")
    line("Of all values given with a confidence in a band, the share that was right. The nearer to the confidence said, the better.")
    measures = list(dict.fromkeys(b.measure for b in bands))
    if not measures:
        line("This coder gives no confidence.")
        return
    chosen = st.segmented_control(
        "Confidence of", measures, format_func=label_of, default=measures[0], required=True, key="quality_measure"
    )  # fmt: skip
    st.html(bands_html([b for b in bands if b.measure == chosen]))


def show_phenomena(measured: Measured) -> None:
    """Where the coder is strong and where it is weak."""
    heading("By what an article tries")
    often = [(name, s) for name, s in measured.phenomena.items() if s.articles >= SHOWN_PHENOMENON]
    rare = [(name, s) for name, s in measured.phenomena.items() if s.articles < SHOWN_PHENOMENON]
    line("The same articles, grouped by the difficulties in them. An article may be in several groups; few articles say little.")
    st.html(phenomena_html(often))
    if rare:
        with st.expander(f"{len(rare):,} that fewer than {SHOWN_PHENOMENON} articles have"):
            st.html(phenomena_html(rare))


def show_measured(measured: Measured, made: Sequence[tuple[str, str, int]]) -> None:
    """The figures, after whose they are."""
    sets = ", ".join(g.name for g in measured.gold)
    count = plural(measured.score.articles, "hand-coded article")
    line(f"How far to trust each column. Measured on {format_day(measured.measured_on)} on {count} ({sets}).")
    notice(*version_words(measured, made))
    st.html(tallies_html(measured.score))
    heading("Column by column")
    line("An event that was missed counts as not found in every column, one too many as wrong in every column.")
    st.html(fields_html(in_order([(name, t) for name, t in measured.score.fields.items() if t.gold])))
    show_reliability(measured.reliability)
    show_phenomena(measured)
    heading("To measure again")
    line("After a change of the rules or words, or on articles that you have coded yourself:")
    st.code("dateline evaluate MY_GOLD.jsonl", language=None)


def main() -> None:
    """The kept result beside the coder of this store."""
    path, _ = open_page(needs="nothing")
    use_style()
    st.html(CSS)
    st.title("Quality", anchor=False)
    try:
        measured = read_measured(MEASURED)
    except FormatError as e:
        show_unmeasured(e.reason)
        return
    if measured is None:
        show_unmeasured()
        return
    show_measured(measured, coders(path) if Path(path).exists() else [])


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
