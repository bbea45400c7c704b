"""Article text and the spans behind coded fields -> safe, highlighted HTML. Pure functions, no Streamlit.

The text is whatever somebody published, so all of it is escaped, and nothing of it ever becomes a
tag, an attribute, a style or a link. Taking the tags away and unescaping gives the text back exactly.
Spans may overlap: the text is cut at every span's edge, and a piece carries the class of every field
that rests on it. Colour is never the only sign: each field has a line of its own kind under its words.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from pipeline.intake.revisions import compare_texts
from pipeline.models import Part


@dataclass(frozen=True, slots=True)
class Group:
    """The fields that are shown as one: label, colour (Okabe-Ito) and the line under their words."""

    key: str
    label: str
    colour: str
    line: str  # a CSS text-decoration-style
    fields: tuple[str, ...]


# Okabe & Ito (2008), "Color Universal Design"; black stays the text's own, grey is ours.
ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#8A8F98"

# In the order they are read. Deaths and injuries are one colour with two lines; no two groups share colour and line.
GROUPS: dict[str, Group] = {
    g.key: g
    for g in (
        Group(
            "killed", "Killed", PURPLE, "solid",
            (
                "deaths_best", "deaths_low", "deaths_high", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown",
                "deaths", "count_vague",
            ),
        ),
        Group("injured", "Injured", PURPLE, "dashed", ("injured_best", "injured_low", "injured_high", "injured")),
        Group("what", "What", ORANGE, "solid", ("sub_event_type", "event_type", "modes", "trigger")),
        Group(
            "where", "Where", GREEN, "solid",
            ("place_name", "country", "admin1", "admin2", "latitude", "longitude", "where_prec", "place"),
        ),
        Group("when", "When", YELLOW, "solid", ("date_start", "date_end", "date_prec", "date_basis", "date")),
        Group("by", "By", BLUE, "solid", ("side_a",)),
        Group("against", "Against", SKY, "dashed", ("side_b",)),
        Group("source", "Says who", GREY, "dotted", ("attributions", "attribution")),
        Group("claims", "Claims", VERMILLION, "wavy", ("claims", "claim")),
        Group("kind", "Told as", GREY, "dashed", ("assertion",)),
    )
}  # fmt: skip
GROUP_OF: dict[str, str] = {field: group.key for group in GROUPS.values() for field in group.fields}

# Characters that turn the direction of the text after them (Unicode UAX 9): left alone, one of them
# can show "21 killed" where the text says "12 killed". Each is shut into an element of its own.
BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
BIDI_NAMES = {
    "\u061c": "ALM", "\u200e": "LRM", "\u200f": "RLM", "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF",
    "\u202d": "LRO", "\u202e": "RLO", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
}  # fmt: skip

# A page of news is a few thousand characters; past this a browser lays out text nobody reads, so only
# the opening and the surroundings of evidence are shown, with what is left out said in its place.
SHOW_CHARACTERS = 60_000
CONTEXT_CHARACTERS = 1_500

# The kinds of part that are printed around the story and never coded.
QUIET_PARTS = ("byline", "agency", "credit", "boilerplate")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (half-open) of the text, behind a field of the codebook."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text with one kind, and the keys of the groups that rest on all of it."""

    start: int
    end: int
    kind: str
    groups: tuple[str, ...]


def group_of(field: str) -> str:
    """The key of the group a field is shown in; 'kind' for a field no group names. 'claims[0]' is 'claims'."""
    return GROUP_OF.get(re.split(r"[^a-z_0-9]", field, maxsplit=1)[0], "kind")


def usable_spans(text: str, spans: Iterable[Span]) -> list[Span]:
    """The spans that lie within the text and hold a character, cut to it; in text order."""
    cut = (Span(s.field, max(0, s.start), min(len(text), s.end)) for s in spans)
    return sorted((s for s in cut if s.start < s.end), key=lambda s: (s.start, s.end, s.field))


def segments(text: str, spans: Iterable[Span], parts: Sequence[Part] = (), *, start: int = 0, end: int | None = None) -> list[Segment]:
    """The text from `start` to `end` cut at every edge of a span or part, each piece with its groups, in order."""
    stop = len(text) if end is None else min(end, len(text))
    order = {key: n for n, key in enumerate(GROUPS)}
    opens: dict[int, list[str]] = {}
    closes: dict[int, list[str]] = {}
    edges = {start, stop}
    for s in usable_spans(text, spans):
        first, last = max(s.start, start), min(s.end, stop)
        if first < last:
            opens.setdefault(first, []).append(group_of(s.field))
            closes.setdefault(last, []).append(group_of(s.field))
            edges |= {first, last}
    kinds = sorted((p for p in parts if p.start < stop and p.end > start), key=lambda p: p.start)
    for p in kinds:
        edges |= {max(p.start, start), min(p.end, stop)}
    found: list[Segment] = []
    active: dict[str, int] = {}
    cuts = sorted(edges)
    n = 0
    for first, last in itertools.pairwise(cuts):
        for key in closes.get(first, ()):
            active[key] -= 1
        for key in opens.get(first, ()):
            active[key] = active.get(key, 0) + 1
        while n < len(kinds) and kinds[n].end <= first:
            n += 1
        kind = kinds[n].kind if n < len(kinds) and kinds[n].start <= first else ""
        groups = tuple(sorted((key for key, count in active.items() if count > 0), key=order.__getitem__))
        found.append(Segment(first, last, kind, groups))
    return found


def changes_html(old: str, new: str) -> str:
    """Two texts in one: what was taken out struck through, what was put in marked, all of it escaped."""
    pieces = []
    for change in compare_texts(old, new):
        was, now = escape_text(old[change.old_start : change.old_end]), escape_text(new[change.new_start : change.new_end])
        if change.kind == "same":
            pieces.append(now)
            continue
        pieces += [f"<del>{was}</del>"] * bool(was) + [f"<ins>{now}</ins>"] * bool(now)
    return f'<div style="white-space: pre-wrap">{"".join(pieces)}</div>'


def escape_text(text: str) -> str:
    """Text as HTML: escaped, carriage returns kept, characters that turn the writing direction shut in."""
    safe = escape(text, quote=True).replace("\r", "&#13;")
    return BIDI_CONTROLS.sub(lambda m: f'<bdi class="ctl" data-name="{BIDI_NAMES[m[0]]}">{m[0]}</bdi>', safe)


def name_controls(text: str) -> str:
    """Text with the characters that turn the writing direction named, "⟨RLO⟩", for where no element can shut them in."""
    return BIDI_CONTROLS.sub(lambda m: f"⟨{BIDI_NAMES[m[0]]}⟩", text)


def mark(text: str, groups: Sequence[str]) -> str:
    """Text marked as the words behind these groups of fields, one line under it for each."""
    labels = ", ".join(GROUPS[key].label for key in groups)
    inner = escape_text(text)
    for depth, key in reversed(list(enumerate(groups))):
        inner = f'<span class="g-{key} d{min(depth, 3)}">{inner}</span>'
    classes = " ".join(f"f-{key}" for key in groups)
    return f'<mark class="ev {classes}" data-groups="{" ".join(groups)}" title="{escape(labels)}">{inner}</mark>'


def shown_ranges(text: str, spans: Iterable[Span], *, limit: int = SHOW_CHARACTERS) -> list[tuple[int, int]]:
    """The stretches of the text to show: all of it, or, past `limit`, its opening and what stands around evidence."""
    if len(text) <= limit:
        return [(0, len(text))]
    found = [(0, limit // 2)]
    for s in usable_spans(text, spans):
        first, last = max(0, s.start - CONTEXT_CHARACTERS), min(len(text), s.end + CONTEXT_CHARACTERS)
        if first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def highlight(text: str, spans: Iterable[Span], parts: Sequence[Part] = (), *, limit: int = SHOW_CHARACTERS) -> str:
    """The text as HTML paragraphs with the words behind each field marked.

    The headline is set apart; bylines, credits and boilerplate are greyed. Text past `limit`
    characters is shown around its evidence only, with a line that says how much is left out.
    """
    known = usable_spans(text, spans)
    ranges = shown_ranges(text, known, limit=limit)
    pieces = []
    before = 0
    for start, end in ranges:
        pieces += _gap(start - before)
        pieces.append(_paragraphs(text, segments(text, known, parts, start=start, end=end)))
        before = end
    pieces += _gap(len(text) - before)
    return "".join(pieces)


def _gap(length: int) -> list[str]:
    return [f'<p class="gap">… {length:,} characters with nothing coded from them are left out here …</p>'] if length else []


def _paragraphs(text: str, cut: Sequence[Segment]) -> str:
    html: list[str] = []
    is_open = False
    for segment, piece in _split_at_blank_lines(text, cut):
        if not is_open:
            html.append('<p dir="auto">')
            is_open = True
        shown = mark(piece, segment.groups) if segment.groups and (piece.strip() or "\n" not in piece) else escape_text(piece)
        if segment.kind in ("headline", *QUIET_PARTS):
            shown = f'<span class="part {"quiet " if segment.kind in QUIET_PARTS else ""}part-{segment.kind}">{shown}</span>'
        html.append(shown)
        if piece.endswith("\n\n"):
            html.append("</p>")
            is_open = False
    if is_open:
        html.append("</p>")
    return "".join(html)


def _split_at_blank_lines(text: str, cut: Sequence[Segment]) -> Iterator[tuple[Segment, str]]:
    """The segments, each split again after every blank line, so that a paragraph can end there."""
    for segment in cut:
        for piece in re.findall(r".*?\n\n+|.+", text[segment.start : segment.end], flags=re.DOTALL):
            yield segment, piece


def palette_css() -> str:
    """The style of each group: the line under its words, its swatch, and how both light up.

    One attribute of the reader, `data-lit`, names the group that is lit; nothing else has to change.
    """
    rules = []
    for g in GROUPS.values():
        rules.append(f".c-{g.key},.f-{g.key}{{--c:{g.colour}}}")
        rules.append(f".g-{g.key},.c-{g.key} .swatch{{--own:{g.colour};text-decoration-style:{g.line}}}")
        lit = f'.reader[data-lit="{g.key}"]'
        rules.append(f"{lit} mark.f-{g.key},{lit} .row.c-{g.key},{lit} .key.c-{g.key}{{--c:{g.colour};--lit:1}}")
        rules.append(f"{lit} mark.f-{g.key}{{background:var(--strong);outline:1px solid var(--edge)}}")
        rules.append(f"{lit} .row.c-{g.key},{lit} .key.c-{g.key}{{background:var(--tint);border-color:var(--edge)}}")
    return "\n".join(rules)
