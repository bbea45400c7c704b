"""Codebook: what each column means, which event types there are, and how a value is chosen among sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import streamlit as st

from dashboard.evidence import escape_text
from dashboard.reading import heading, line, use_style
from dashboard.wording import field_label, plural
from pipeline.codebook import Column, columns, load_glossary
from pipeline.models import EVENT_TYPES
from pipeline.resolution import SEVERITY, load_rules

SHAPE_WORDS = {"native": "Dateline", "acled": "ACLED-shaped", "ucdp": "UCDP-shaped"}
GROUP_WORDS = {
    "identity": "Identity", "what": "What", "when": "When", "where": "Where", "who": "Who", "toll": "Tolls", "sources": "Sources",
    "review": "Review",
}  # fmt: skip


def find_columns(found: Iterable[Column], words: str) -> list[Column]:
    """The columns whose name, label, meaning or values hold every word, in their order."""
    wanted = words.casefold().split()
    return [c for c in found if all(w in " ".join((c.column, c.label, c.description, c.values)).casefold() for w in wanted)]


def mark_words(text: str, words: str) -> str:
    """The text, escaped, with the words that were looked for marked."""
    wanted = [re.escape(w) for w in words.split()]
    if not wanted:
        return escape_text(text)
    pieces = re.split(f"({'|'.join(wanted)})", text, flags=re.IGNORECASE)
    return "".join(f"<mark>{escape_text(piece)}</mark>" if n % 2 else escape_text(piece) for n, piece in enumerate(pieces))


def values_html(values: str, words: str) -> str:
    """The values a column takes, one a line where they are explained one by one."""
    items = [item.strip() for item in values.split(";") if item.strip()]
    if len(items) < 2:
        return f'<p class="cb-values">{mark_words(values, words)}</p>' if values else ""
    return f'<ul class="cb-values">{"".join(f"<li>{mark_words(item, words)}</li>" for item in items)}</ul>'


def columns_html(found: Sequence[Column], words: str) -> str:
    """The columns as a list of terms, under the heading of their group."""
    html, group = [], None
    for c in found:
        if c.group != group and c.group:
            group = c.group
            html.append(f'<h2 class="rd-h">{escape_text(GROUP_WORDS.get(group, group.capitalize()))}</h2>')
        name = f'<code>{mark_words(c.column, words)}</code><span class="cb-kind">{escape_text(c.kind)}</span>'
        html.append(
            f'<div class="cb-row"><div>{name}</div>'
            f"<div><b>{mark_words(c.label, words)}</b><p>{mark_words(c.description, words)}</p>{values_html(c.values, words)}</div></div>"
        )
    return "".join(html)


def in_groups(found: Sequence[Column]) -> list[Column]:
    """The columns with those of a group together, groups in the order they are first met."""
    order = list(dict.fromkeys(c.group for c in found))
    return sorted(found, key=lambda c: order.index(c.group))


def find_terms(words: str) -> dict[str, str]:
    """The terms of the glossary that hold every word, or whose meaning does."""
    wanted = words.casefold().split()
    return {term: meaning for term, meaning in load_glossary().items() if all(w in f"{term} {meaning}".casefold() for w in wanted)}


def terms_html(found: dict[str, str], words: str) -> str:
    """Terms and what they mean, with the words that were looked for marked."""
    rows = "".join(f"<dt>{mark_words(term, words)}</dt><dd>{mark_words(meaning, words)}</dd>" for term, meaning in found.items())
    return f'<dl class="rd-facts cb-terms">{rows}</dl>'


def show_columns() -> None:
    """The search, and the columns and terms it finds."""
    if "codebook_q" not in st.session_state:
        st.session_state["codebook_q"] = st.query_params.get("q", "")
        asked = st.query_params.get("shape", "native")
        st.session_state["codebook_shape"] = asked if asked in SHAPE_WORDS else "native"
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="codebook_choices"):
        words = st.text_input("Search columns and terms", key="codebook_q", placeholder="for example: killed, precision", width=420)
        shape = st.segmented_control(
            "Shape of extract", list(SHAPE_WORDS), key="codebook_shape", format_func=SHAPE_WORDS.__getitem__, required=True
        )
    shape = shape or "native"
    st.query_params.from_dict({k: v for k, v in (("q", words.strip()), ("shape", "" if shape == "native" else shape)) if v})
    every = columns(shape)
    found, terms = find_columns(every, words), find_terms(words)
    if not found and not terms:
        st.subheader("No column speaks of that, and no term", anchor=False)
        elsewhere = [SHAPE_WORDS[other] for other in SHAPE_WORDS if other != shape and find_columns(columns(other), words)]
        st.markdown(f"It is in the columns of the shape {' and '.join(elsewhere)}." if elsewhere else "Try one word of it.")
        return
    if terms and words.strip():
        heading("Terms")
        st.html(terms_html(terms, words))
    line(f"{plural(len(every), 'column')}" if len(found) == len(every) else f"{len(found):,} of {plural(len(every), 'column')}")
    if found:
        st.html(columns_html(in_groups(found), words))
    if terms and not words.strip():
        heading("Terms")
        st.html(terms_html(terms, words))


def show_types() -> None:
    """Event types with their sub-event types, and which of two wins."""
    heading("Event types, spelled as ACLED spells them")
    rows = "".join(
        f"<dt>{escape_text(kind)}</dt><dd>{escape_text(' · '.join(subs))}</dd>" for kind, subs in EVENT_TYPES.items()
    )  # fmt: skip
    st.html(f'<dl class="rd-facts">{rows}</dl>')
    line(f"Of two types for one event the more severe holds, in this order: {', '.join(SEVERITY)}.")


def show_rules() -> None:
    """The rules that choose one value among several sources, by field and in their order."""
    heading("How one value is chosen when sources differ")
    rows = ""
    for rule in sorted(load_rules(), key=lambda r: r.order):
        fields = ", ".join(dict.fromkeys(field_label(f) for f in rule.fields)) or "Every field"
        name = escape_text(rule.name.replace("_", " "))
        rows += f"<dt>{name}</dt><dd>{escape_text(rule.sentence)} <small>{escape_text(fields)}</small></dd>"
    st.html(f'<dl class="rd-facts">{rows}</dl>')


def main() -> None:
    """Columns, event types, rules. Needs no store."""
    use_style()
    st.title("Codebook", anchor=False)
    line("Empty means that no article says it; 0 means that an article says none. The two are never mixed.")
    show_columns()
    show_types()
    show_rules()


if __name__ == "__main__":  # Streamlit runs a page as the main module
    main()
