"""The reader: coded fields beside the words that say them, as one component, so that each lights the other.

`reader_html` is pure: records in, escaped HTML out. `show_reader` mounts it; the script beside it
(static/reader.js) only lights, scrolls and steps, and never builds HTML of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.evidence import GROUPS, SHOW_CHARACTERS, Span, escape_text, group_of, highlight, palette_css
from dashboard.wording import (
    ASSERTION_WORDS,
    DATE_BASIS_WORDS,
    NOT_STATED,
    WHERE_PREC_WORDS,
    as_int,
    event_phrase,
    format_actors,
    format_count,
    format_date,
    format_day,
    format_place,
    format_time,
    is_known,
    join_words,
    plural,
)
from pipeline.models import INTER_LABELS, STANCES, Article, Incident, Report
from pipeline.resolution import rule_sentence

# Values of a group that say nothing.
SAYS_NOTHING = (NOT_STATED, "undated", "unlocated")

STATIC = Path(__file__).parent / "static"

# All texts of one incident together; past this each is shown around its evidence only.
TOTAL_CHARACTERS = 600_000

_component = st.components.v2.component(
    "dateline.reader",
    css=(STATIC / "reader.css").read_text(encoding="utf-8") + palette_css(),
    js=(STATIC / "reader.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What one source says of a field: the number of its text, who it is, the value, whether it was chosen."""

    index: int
    source: str
    value: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One coded field as it is shown: plain texts, escaped when they become HTML."""

    group: str
    value: str
    note: str = ""
    quote: str = ""
    confidence: float | None = None
    rule: str = ""  # the name of the rule that chose it, and what that rule says
    rule_sentence: str = ""
    locked: bool = False
    by_person: str = ""  # who set it, when and why
    has_words: bool = False
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One report's article as it is read: the tab's label, a line above it, its text and spans."""

    label: str
    meta: str
    article: Article
    spans: tuple[Span, ...]
    note: str = ""
    links: tuple[tuple[str, str, str], ...] = ()  # (words, page, id)


# --- values of a group -------------------------------------------------------------------------


def group_value(record: Report | Incident | Mapping[str, Any], group: str) -> str:
    """What a report or incident says for a group of fields, in words; '–' where it says nothing."""
    get = record.get if isinstance(record, Mapping) else lambda name: getattr(record, name)
    if group == "what":
        row = {name: get(name) for name in ("event_type", "sub_event_type", "modes")}
        return event_phrase(row) if is_known(row["event_type"]) or is_known(row["sub_event_type"]) else NOT_STATED
    if group == "when":
        return format_date(get("date_start"), get("date_end"), get("date_prec"))
    if group == "where":
        return format_place(get("place_name"), get("admin1"), get("country"), get("where_prec"))
    if group in ("by", "against"):
        return format_actors(get("side_a" if group == "by" else "side_b"))
    if group in ("killed", "injured"):
        name = "deaths" if group == "killed" else "injured"
        return format_count(get(f"{name}_best"), get(f"{name}_low"), get(f"{name}_high"), get("count_vague"))
    if group == "claims":
        return join_words(_claim_words(c) for c in get("claims")) or NOT_STATED
    if group == "source":
        return "; ".join(dict.fromkeys(a.source for a in get("attributions"))) or NOT_STATED
    return ASSERTION_WORDS.get(str(get("assertion")), str(get("assertion")))


def _claim_words(claim: Any) -> str:
    if claim.stance == "claimed":
        return f"{claim.actor} claimed it"
    if claim.stance == "denied":
        return f"{claim.actor} denied it"
    if claim.stance not in STANCES:
        return f"{claim.actor}: {claim.stance}"
    return f"{claim.actor} blamed by {claim.by}" if claim.by else f"{claim.actor} blamed"


def group_note(record: Report | Incident, group: str) -> str:
    """The precision and the details under a group's value, in words; empty where there is nothing to add."""
    if group == "what":
        parts = [record.event_type or "", record.sub_event_type or "", ", ".join(record.modes)]
        return " · ".join(part for part in dict.fromkeys(parts) if part)
    if group == "when":
        return DATE_BASIS_WORDS.get(record.date_basis or "", "")
    if group == "where":
        words = [WHERE_PREC_WORDS.get(record.where_prec or 0, "")]
        if record.admin1 and record.admin1 != record.place_name:
            words.append(record.admin1)
        if record.latitude is not None and record.longitude is not None and record.where_prec in (1, 2):
            words.append(f"{record.latitude:.3f}, {record.longitude:.3f}")
        return " · ".join(word for word in words if word)
    if group in ("by", "against"):
        kinds = (INTER_LABELS.get(a.inter, "") for a in (record.side_a if group == "by" else record.side_b))
        return join_words(dict.fromkeys(kind.lower() for kind in kinds if kind))
    if group == "killed":
        split = (
            ("deaths_a", "of the initiator", ""), ("deaths_b", "of the target", ""),
            ("deaths_civilians", "civilian", "civilians"), ("deaths_unknown", "of a party not stated", ""),
        )  # fmt: skip
        told = [(as_int(getattr(record, name)), one, many or one) for name, one, many in split]
        return join_words(plural(n, one, many) for n, one, many in told if n)
    if group == "source":
        kinds = dict.fromkeys(a.kind.replace("-", " ") for a in record.attributions)
        return join_words(kinds)
    return ""


def confidence_words(value: float) -> str:
    """'high' from 0.8, 'fair' from 0.5, else 'low'."""
    return "high" if value >= 0.8 else "fair" if value >= 0.5 else "low"


def group_confidence(report: Report, group: str) -> float | None:
    """The lowest confidence among a group's fields in one report: a value is as sure as its weakest part."""
    found = [c for field, c in report.confidences.items() if group_of(field) == group]
    return min(found) if found else None


def spans_of(report: Report) -> tuple[Span, ...]:
    """A report's evidence as spans."""
    return tuple(Span(e.field, e.start, e.end) for e in report.evidence)


# --- HTML --------------------------------------------------------------------------------------


def reader_html(
    panels: Sequence[tuple[int | None, Sequence[Row]]], texts: Sequence[Text], *, heading: str = "What is coded", hint: str = ""
) -> str:
    """The whole reader as HTML. A panel is for one text, by its number, or for all of them (None)."""
    own = any(number is not None for number, _ in panels)
    left = "".join(_panel(number, rows) for number, rows in panels)
    classes = "reader" + (" own-fields" if own else "") + ("" if panels else " alone")
    title = escape(heading)
    aside = f'<section class="fields" aria-label="{title}"><h2>{title}</h2>{left}{_hint(hint)}</section>' if panels else ""
    return (
        f'<div class="{classes}" data-lit="">{aside}<section class="sources" aria-label="What the sources say">'
        f'{_bar(texts)}{_legend(texts)}{_texts(texts)}</section><div class="say sr" aria-live="polite"></div></div>'
    )


def _hint(hint: str) -> str:
    return f'<p class="quiet-line">{escape(hint)}</p>' if hint else ""


def _panel(number: int | None, rows: Sequence[Row]) -> str:
    report = "*" if number is None else str(number)
    hidden = "" if number in (None, 0) else " hidden"
    return f'<div class="panel" data-report="{report}"{hidden}><div class="rows">{"".join(_row(row) for row in rows)}</div></div>'


def _row(row: Row) -> str:
    group = GROUPS[row.group]
    none = " none" if row.value in SAYS_NOTHING else ""
    inner = (
        f'<span class="label"><span class="swatch">{escape(group.label)}</span></span>'
        f'<span class="value{none}">{escape_text(row.value)}</span>{_sure(row)}'
    )
    if row.has_words:
        head = f'<button type="button" class="head" data-group="{row.group}" aria-pressed="false">{inner}</button>'
    else:
        inner = inner.replace('<span class="swatch">', "<span>", 1)
        head = f'<div class="head">{inner}</div>'
    quote = f'<bdi class="quote">{escape_text(row.quote)}</bdi>' if row.quote else ""
    note = " · ".join(part for part in (quote, escape_text(row.note), escape_text(row.by_person)) if part)
    return (
        f'<div class="row c-{row.group}{" words" if row.has_words else ""}" data-group="{row.group}">{head}'
        f"{f'<div class=note>{note}</div>' if note else ''}{_offers(row)}</div>"
    )


def _dissent(row: Row) -> int:
    """How many sources say something else than what was chosen."""
    chosen = {offer.value for offer in row.offers if offer.chosen} or {row.value}
    return sum(offer.value not in chosen for offer in row.offers)


def _sure(row: Row) -> str:
    if row.locked:
        return '<span class="sure" title="Set by a person; the machine does not change it">set by a person</span>'
    if row.confidence is None:
        return "<span></span>"
    share = max(0.0, min(1.0, row.confidence))
    return (
        f'<span class="sure" title="Confidence {share:.0%}"><span class="meter" aria-hidden="true">'
        f'<i style="width:{share * 100:.0f}%"></i></span>{confidence_words(share)}</span>'
    )


def _offers(row: Row) -> str:
    """What each source says, and the rule that chose; nothing where there is one source and it says what was chosen."""
    other = _dissent(row)
    if not row.offers or (len(row.offers) < 2 and not other):
        return ""
    count = plural(other, "source says", "sources say") + " otherwise" if other else f"{len(row.offers)} sources agree"
    summary = " · ".join(part for part in (f"chosen: {row.rule}" if row.rule and other else "", count) if part)
    told = ": ".join(part for part in (row.rule, row.rule_sentence) if part)
    rule = f'<p class="rule">{escape_text(told[:1].upper() + told[1:])}</p>' if told else ""
    lines = "".join(
        f'<button type="button" class="offer{" chosen" if o.chosen else ""}" data-index="{o.index}" data-group="{row.group}">'
        f"<span>{escape_text(o.source)}</span><span>{escape_text(o.value)}</span>"
        f'<span class="took">{"chosen" if o.chosen else ""}</span></button>'
        for o in row.offers
    )
    return f"<details><summary>{escape_text(summary[:1].upper() + summary[1:])}</summary>{rule}{lines}</details>"


def _bar(texts: Sequence[Text]) -> str:
    if len(texts) < 2:
        return '<div class="bar"><h2>What the source says</h2></div>' if texts else ""
    tabs = "".join(
        f'<button type="button" role="tab" class="tab" data-index="{n}" aria-selected="{"false" if n else "true"}">'
        f"{escape_text(t.label)}</button>"
        for n, t in enumerate(texts)
    )
    return (
        f'<div class="bar"><div class="tabs" role="tablist" aria-label="Reports">{tabs}</div><div class="steps">'
        f'{_step("report", -1, "Previous report", "[")}<span class="report-at">1 of {len(texts)}</span>'
        f"{_step('report', 1, 'Next report', ']')}</div></div>"
    )


def _step(kind: str, by: int, label: str, key: str) -> str:
    sign = "‹" if by < 0 else "›"
    return f'<button type="button" class="step {kind}" data-by="{by}" aria-label="{label}" title="{label} ( {key} )">{sign}</button>'


def _legend(texts: Sequence[Text]) -> str:
    if not any(t.spans for t in texts):
        return ""
    keys = ""
    for n, t in enumerate(texts):
        groups = {group_of(s.field) for s in t.spans}
        buttons = "".join(
            f'<button type="button" class="key c-{key}" data-group="{key}" aria-pressed="false"><span class="swatch">'
            f"{escape(g.label)}</span></button>"
            for key, g in GROUPS.items()
            if key in groups
        )
        hidden = " hidden" if n else ""
        keys += f'<div class="keys" role="group" aria-label="Marked in this text" data-report="{n}"{hidden}>{buttons}</div>'
    return (
        f'<div class="legend">{keys}<div class="steps">'
        '<button type="button" class="key tags" aria-pressed="false" title="Write the field before its words">Labels</button>'
        f'{_step("words", -1, "Previous marked words", "p")}<span class="words-at"></span>'
        f"{_step('words', 1, 'Next marked words', 'n')}</div></div>"
    )


def _texts(texts: Sequence[Text]) -> str:
    limit = min(SHOW_CHARACTERS, max(4_000, TOTAL_CHARACTERS // max(1, len(texts))))
    html = []
    for n, t in enumerate(texts):
        links = " · ".join(
            f'<a href="{escape(page)}?{escape(urlencode({"article" if page == "articles" else "id": key}))}" '
            f'data-page="{escape(page)}" data-id="{escape(key)}">{escape_text(words)}</a>'
            for words, page, key in t.links
        )
        meta = " · ".join(part for part in (escape_text(t.meta), links) if part)
        note = f'<p class="meta">{escape_text(t.note)}</p>' if t.note else ""
        role = f' role="tabpanel" aria-label="{escape(t.label)}"' if len(texts) > 1 else ""
        html.append(
            f'<article class="text" lang="{escape(t.article.language)}" data-report="{n}" tabindex="0"{role}{"" if n == 0 else " hidden"}>'
            f'<p class="meta">{meta}</p>{note}{highlight(t.article.text, t.spans, t.article.parts, limit=limit)}</article>'
        )
    return "".join(html)


# --- mounting ----------------------------------------------------------------------------------


def show_reader(html: str, *, key: str, group: str = "", on_open: Callable[[str, str], None]) -> None:
    """Show the reader; `on_open(page, id)` is called when somebody follows one of its links."""
    version = hashlib.blake2b(html.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    result = _component(key=key, data={"html": html, "version": version, "group": group}, on_open_change=lambda: None)
    asked = getattr(result, "open", None)
    if asked:
        on_open(str(asked.get("page", "")), str(asked.get("id", "")))


# The field of a group that its rule and its conflicts are read from.
MAIN_FIELD = {
    "what": "sub_event_type", "when": "date_start", "where": "place_name", "by": "side_a", "against": "side_b",
    "killed": "deaths_best", "injured": "injured_best", "claims": "claims", "source": "attributions", "kind": "assertion",
}  # fmt: skip
# Fields in which sources can contradict each other; claims and attributions add up instead.
CONTESTED = ("what", "when", "where", "by", "against", "killed", "injured")


def incident_rows(
    incident: Incident, reports: Sequence[Report], labels: Sequence[str], setters: Mapping[str, str] | None = None
) -> list[Row]:
    """The coded fields of an incident as they are shown, each with what every report says of it.

    `labels`: of the reports; `setters`: for fields that a person set, who did, when and why.
    """
    setters = setters or {}
    rows = []
    for group in GROUPS:
        main = MAIN_FIELD[group]
        value = group_value(incident, group)
        chosen = {c.report_id for c in incident.candidates if c.chosen and c.field == main}
        offers = tuple(
            Offer(n, label, said, report.report_id in chosen)
            for n, (report, label) in enumerate(zip(reports, labels, strict=True))
            if group in CONTESTED and (said := group_value(report, group)) not in SAYS_NOTHING
        )
        told = [r for r in reports if r.report_id in chosen] + [r for r in reports if group_value(r, group) == value]
        taken = told[0] if told and value not in SAYS_NOTHING else None
        fields = GROUPS[group].fields
        rule = incident.rules.get(main) or next((incident.rules[f] for f in fields if f in incident.rules), "")
        rule = "" if rule == "only_report" else rule
        rows.append(
            Row(
                group=group,
                value=value,
                note=group_note(incident, group),
                quote=group_quote(taken, group) if taken else "",
                confidence=group_confidence(taken, group) if taken else None,
                rule=rule.replace("_", " "),
                rule_sentence=rule_sentence(main, rule),
                locked=any(f in fields for f in incident.locked_fields),
                by_person=next((setters[f] for f in (main, *fields) if f in setters), ""),
                has_words=any(group_of(e.field) == group for r in reports for e in r.evidence),
                offers=offers,
            )
        )
    return rows


def report_rows(report: Report) -> list[Row]:
    """The coded fields of one report as they are shown beside its article."""
    return [
        Row(
            group=group,
            value=(value := group_value(report, group)),
            note=group_note(report, group),
            quote=group_quote(report, group) if value not in SAYS_NOTHING else "",
            confidence=group_confidence(report, group) if value not in SAYS_NOTHING else None,
            has_words=any(group_of(e.field) == group for e in report.evidence),
        )
        for group in GROUPS
    ]


def group_quote(report: Report, group: str) -> str:
    """The words behind a date or a count, '“Sunday”', where they add to the value shown; empty for other groups."""
    if group not in ("when", "killed", "injured"):
        return ""
    quotes = [e.quote for e in report.evidence if group_of(e.field) == group]
    short = next((q for q in quotes if len(q) <= 60), "")
    return f"“{' '.join(short.split())}”" if short and short.strip() != group_value(report, group) else ""


def report_labels(reports: Sequence[Report], articles: Mapping[str, Article]) -> list[str]:
    """A short name for each report's tab: outlet and day, told apart by a number where two are alike."""
    names: list[str] = []
    for report in reports:
        article = articles[report.article_id]
        name = f"{article.source or 'Unknown outlet'} {short_day(article.published_at_utc)}"
        alike = sum(n == name or n.startswith(f"{name} (") for n in names)
        names.append(f"{name} ({alike + 1})" if alike else name)
    return names


def short_day(iso: str | None) -> str:
    """'3 Dec'; 'undated' where there is none."""
    return format_day(iso).rsplit(" ", 1)[0] if iso else "undated"


def published_words(article: Article) -> str:
    """'3 Dec 2023, 14:05 UTC', or that the article bears no date."""
    told = format_time(article.published_at_utc)
    return "no publication date" if told == NOT_STATED else told
