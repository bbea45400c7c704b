"""Actors: the profile of a group, or of up to four beside each other on the same scales; without one, all groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts_profiles as charts
from dashboard import maps, outlines, queries
from dashboard import queries_profiles as profiles
from dashboard.evidence import escape_text
from dashboard.profiles import (
    MAX_GROUPS,
    days_words,
    offer,
    open_address,
    period,
    remember,
    resolve_name,
    seed_fields,
    show_days,
    show_html,
    similar_names,
    use_style,
)
from dashboard.reading import line, notice
from dashboard.states import guard_store, open_page
from dashboard.wording import (
    NOT_STATED,
    country_name,
    escape_markdown,
    format_day,
    is_known,
    join_words,
    mode_label,
    plural,
    undated_words,
)
from pipeline.errors import StoreBrokenError
from pipeline.filters import Filters, to_params
from pipeline.models import INTER_LABELS

PAGE = "actors"
ROLES = ("initiator", "target")
# What is counted of a group in either role.
WHOLE = ("type", "mode", "place")
KIND_WORDS = {
    "state": "State", "state-forces": "State forces", "police": "Police", "rebel": "Rebel group", "political-militia": "Political militia",
    "identity-militia": "Identity militia", "external": "External forces", "coalition": "Coalition", "un-mission": "UN mission",
    "criminal": "Criminal group",
}  # fmt: skip
MAX_LATEST = 8
MAX_PLACES = 8
# Other names that are told; the rest is a number.
MAX_ALIASES = 8
# Pixels that a map is wide, and labels below the bars, with one to MAX_GROUPS groups beside each other.
MAP_WIDTHS = (560, 560, 400, 290)
TICKS = (5, 4, 3, 2)
MAP_SHAPE = 0.58  # height to width


# --- what is known of one group ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Profile:
    """All that is shown of one group within the days that are looked at."""

    name: str
    filters: Filters
    facts: profiles.ActorFacts
    whole: profiles.Breakdown
    by_role: dict[str, profiles.Breakdown]
    tallies: queries.Tallies
    points: pd.DataFrame
    outlets: tuple[int, list[tuple[str, int]]]
    latest: pd.DataFrame

    def role(self, role: str) -> Filters:
        """The filters of the group's incidents in one role."""
        return replace(self.filters, role=role)


def load_profile(path: str, mark: queries.Fingerprint, name: str, days: Filters, width: str, dots: int) -> Profile:
    """The profile of a group that has incidents in these days, with bars of this width and at most so many places on the map."""
    filters = replace(days, actor=(name,))
    return Profile(
        name, filters, profiles.actor_facts(path, mark, name), profiles.breakdown(path, mark, filters, WHOLE),
        {role: profiles.breakdown(path, mark, replace(filters, role=role), ("bin", "type", "mode"), width) for role in ROLES},
        queries.tallies(path, mark, filters), queries.points(path, mark, filters, dots),
        profiles.outlets(path, mark, filters), queries.table(path, mark, filters, MAX_LATEST),
    )  # fmt: skip


def inter_words(inter: int) -> str:
    """What a name that only the articles have is, by its interaction code: 'Civilians'; 3 stands for whoever has no name."""
    return "Armed group" if inter == 3 else INTER_LABELS.get(inter, NOT_STATED)


def kind_words(facts: profiles.ActorFacts) -> str:
    """'Political militia · Iraq · active since 2007'."""
    kind = KIND_WORDS.get(facts.kind) or inter_words(facts.inter or 0)
    years = ""
    if facts.active_from or facts.active_to:
        years = f"active {facts.active_from or '?'}–{facts.active_to}" if facts.active_to else f"active since {facts.active_from}"
    return " · ".join(part for part in (kind, country_name(facts.country), years) if part)


def group_link(name: str, filters: Filters) -> str:
    """A link to the profile of a group, for the same days."""
    return charts.anchor(PAGE, {"actor": [name], **to_params(period(filters))}, escape_text(name), css="pf-link")


def relatives_html(relatives: Sequence[profiles.Relative], filters: Filters) -> str:
    """Groups that are related, each a link, with how often they are seen; those never seen are a number."""
    seen = [r for r in relatives if r.incidents]
    unseen = len(relatives) - len(seen)
    parts = [f"{group_link(r.name, filters)} <small>{r.incidents:,}</small>" for r in seen]
    if unseen:
        names = ", ".join(r.name for r in relatives if not r.incidents)
        parts.append(f'<small title="{escape_text(names)}">{"and " if seen else ""}{plural(unseen, "group")} not in this store</small>')
    return ", ".join(parts)


def facts_html(p: Profile) -> str:
    """Other names, parents, branches, when seen, by whom told."""
    aliases = p.facts.aliases
    rows = []
    if aliases:
        rest = f' <small title="{escape_text(", ".join(aliases[MAX_ALIASES:]))}">and {len(aliases) - MAX_ALIASES} more</small>'
        rows.append(("Also called", escape_text(", ".join(aliases[:MAX_ALIASES])) + (rest if len(aliases) > MAX_ALIASES else "")))
    if p.facts.parents:
        rows.append(("Part of", relatives_html(p.facts.parents, p.filters)))
    if p.facts.branches:
        rows.append(("Its branches", relatives_html(p.facts.branches, p.filters) + " <small>(counted as the group)</small>"))
    rows.append(("Seen", escape_text(charts.seen_words(p.whole.first, p.whole.last))))
    if p.whole.first_reported:
        rows.append(("Reported", escape_text(charts.seen_words(p.whole.first_reported, p.whole.last_reported))))
    number, top = p.outlets
    told = ", ".join(f"{escape_text(name)} <small>{n:,}</small>" for name, n in top)
    t = p.tallies
    rows.append(("Sources", f"{plural(t.articles, 'article')} from {plural(t.origins, 'origin')}, {plural(number, 'outlet')}: {told}"))
    if not p.facts.is_listed:
        rows.append(("In the list", "no: the name is as the articles give it"))
    return f'<dl class="pf-facts">{"".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in rows)}</dl>'


# --- sections, each of one group -----------------------------------------------------------------


def figures(p: Profile) -> str:
    """The tallies: incidents in each role, and the killed in them."""
    n = p.whole.all.incidents
    roles = {role: p.by_role[role].all for role in ROLES}
    return charts.figures_html(
        (
            charts.Figure(charts.number(n, p.filters), "incident" if n == 1 else "incidents", undated_words(p.whole.undated)),
            charts.Figure(charts.number(roles["initiator"].incidents, p.role("initiator")), "as initiator", "it carried them out"),
            charts.Figure(charts.number(roles["target"].incidents, p.role("target")), "as target", "directed at it"),
            charts.toll_figure(roles["initiator"], p.role("initiator"), "killed where it was the initiator"),
            charts.toll_figure(roles["target"], p.role("target"), "killed where it was the target"),
        )
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """What the charts of all groups side by side have in common."""

    starts: tuple[pd.Timestamp, ...]
    width: str
    top: int
    bottom: int
    types: int
    modes: int
    view: maps.OpeningView
    map_width: int  # pixels
    ticks: int  # labels below the bars


def common_scale(shown: Sequence[Profile], span: tuple[str, str] | None, width: str) -> Scale:
    """The bars' days and heights and the map's extent that suit all groups shown."""
    stacks = {role: [charts.stacks(p.by_role[role].parts["bin"]) for p in shown] for role in ROLES}
    top, bottom = (max(map(charts.tallest, stacks[role]), default=0) for role in ROLES)
    points = [p.points for p in shown if len(p.points)]
    return Scale(
        tuple(charts.bar_starts(*span, width)) if span else (), width, top, bottom,
        max((s.incidents for p in shown for s in p.whole.counts("type").values()), default=1),
        max((s.incidents for p in shown for s in p.whole.counts("mode").values()), default=1),
        maps.opening_view(pd.concat(points)) if points else maps.OpeningView(*maps.DEFAULT_VIEW),
        MAP_WIDTHS[len(shown) - 1], TICKS[len(shown) - 1],
    )  # fmt: skip


def over_time(p: Profile, scale: Scale) -> str:
    """Bars of the incidents it initiated above the line, of those in which it was the target below."""
    up, down = (charts.stacks(p.by_role[role].parts["bin"]) for role in ROLES)
    if not up and not down:
        return '<p class="pf-note">None of its incidents has a known day.</p>'
    return charts.bars_html(
        up, down, starts=scale.starts, width=scale.width, top=scale.top, bottom=scale.bottom,
        words=("as initiator", "as target"), ticks=scale.ticks, link=lambda first, last: charts.within(p.filters, first, last),
    )  # fmt: skip


def wide_dates(p: Profile) -> int:
    """How many of its incidents have a day that is not known closely enough for a bar."""
    return sum(part.sums.incidents for role in ROLES for part in p.by_role[role].parts["bin"] if not part.a)


def ranked(p: Profile, part: str, top: int, *, label: str) -> str:
    """Types or means, with how often in each role."""
    counts = {role: p.by_role[role].counts(part) for role in ROLES}
    rows = []
    for key, sums in sorted(p.whole.counts(part).items(), key=lambda item: -item[1].incidents):
        limit = {} if key is None else {"event_type": (key,)} if part == "type" else {"mode": (key,)}
        shown = charts.type_label(key, short=True) if part == "type" else escape_text(mode_label(key or ""))
        cells = [(sums.incidents, p.filters)] + [(counts[r].get(key, profiles.Sums()).incidents, p.role(r)) for r in ROLES]
        opened = tuple((n, replace(f, **limit) if limit else None) for n, f in cells)
        rows.append(charts.Ranked(shown, opened, charts.type_colour(key) if part == "type" else ""))
    return charts.ranked_html(rows, heads=("all", "initiator", "target"), top=top, label=label)


def deaths_html(p: Profile) -> str:
    """The killed by role, with what is not stated, and by party where the sources say which."""
    first, second = (p.by_role[role] for role in ROLES)
    rows = [
        ("As initiator", first.all, p.role("initiator")),
        ("As target", second.all, p.role("target")),
        ("In either role", p.whole.all, p.filters),
    ]
    heads = (
        ("", ""), ("incidents", ""), ("killed", "Best figures added up; lowest and highest in brackets."),
        ("not stated", "Incidents without any figure."),
    )  # fmt: skip
    cells = [
        (escape_text(label), charts.number(s.incidents, f), escape_text(charts.toll_words(s)), f"{s.unstated:,}") for label, s, f in rows
    ]
    table = charts.table_html(heads, cells, label="Killed by role")
    parties = [
        ("its own side", _added(first.deaths_a, second.deaths_b)), ("the other side", _added(first.deaths_b, second.deaths_a)),
        ("civilians", _added(first.deaths_civilians, second.deaths_civilians)),
    ]  # fmt: skip
    told = [f"{word} {killed:,} (in {n:,})" for word, (killed, n) in parties if n]
    note = f"Of whom, where the sources say: {join_words(told)}." if told else "The sources do not say whose dead they are."
    return f'{table}<p class="pf-note">{escape_text(note)}</p>'


def _added(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def map_html(p: Profile, scale: Scale, theme: str | None) -> str:
    """The map of its incidents, on the extent that all groups shown share, and what it cannot show."""
    frame = frame_of(scale.view, scale.map_width)

    def link(row: dict[str, Any]) -> Filters:
        given = {name: (row[name],) for name in ("country", "admin1", "event_type") if is_known(row[name])}
        return replace(p.filters, **given, place=(row["place_name"],) if is_known(row["place_name"]) else ())

    picture = charts.dots_html(p.points, outlines.countries(), frame, link=link, theme=theme, label=f"Map of the incidents of {p.name}")
    total = int(p.points["places"].iloc[0]) if len(p.points) else 0
    apart = [
        f"{p.whole.country_only:,} known only by country" if p.whole.country_only else "",
        f"{p.whole.unlocated:,} not located" if p.whole.unlocated else "",
        f"the {len(p.points):,} places with most deaths of {total:,}" if total > len(p.points) else "",
    ]
    told = join_words(part for part in apart[:2] if part)
    note = (f"Not on the map: {told}. " if told else "") + (f"Drawn are {apart[2]}." if apart[2] else "")
    return picture + (f'<p class="pf-note">{escape_text(note)}</p>' if note else "")


def frame_of(view: maps.OpeningView, width: int) -> outlines.Frame:
    """The picture, `width` pixels wide, that shows what the Monitor's map would open with."""
    wide = maps.FIT_WIDTH * 360 / (512 * 2**view.zoom)
    half = wide * MAP_SHAPE * 0.5 * math.cos(math.radians(view.latitude))
    box = view.longitude - wide / 2, view.latitude - half, view.longitude + wide / 2, view.latitude + half
    height = round(width * MAP_SHAPE)
    return outlines.fit(box, width=width, max_height=height, min_height=height, margin=0)


def places_html(p: Profile) -> str:
    """The provinces with most of its incidents."""
    rows = []
    for part in p.whole.parts["place"][:MAX_PLACES]:
        limits: dict[str, Any] = {"country": (part.a,)} if part.a else {}
        if part.b:
            limits["admin1"] = (part.b,)
        label = escape_text(charts.place_label(part.a, part.b))
        if part.a:
            params = {"country": [part.a], **({"admin1": [part.b]} if part.b else {}), **to_params(period(p.filters))}
            label = charts.anchor("regions", params, label, css="pf-link", title="Open the region")
        rows.append(charts.Ranked(label, ((part.sums.incidents, replace(p.filters, **limits) if part.b else None),)))
    rest = len(p.whole.parts["place"]) - MAX_PLACES
    note = f'<p class="pf-note">and {plural(rest, "further province")}</p>' if rest > 0 else ""
    return charts.ranked_html(rows, heads=("incidents",), label="Places") + note


# --- the page ------------------------------------------------------------------------------------


def side_by_side(shown: Sequence[Profile], piece: Callable[[Profile], str], *, css: str = "") -> str:
    """One section of each group, beside each other."""
    if len(shown) == 1:
        return piece(shown[0])
    cells = "".join(f'<div><p class="pf-who">{group_link(p.name, p.filters)}</p>{piece(p)}</div>' for p in shown)
    return f'<div class="pf-side {css}" style="--n:{len(shown)}">{cells}</div>'


def kinds_shown(shown: Iterable[Profile]) -> set[str | None]:
    """The event types that any of the groups has."""
    return {kind for p in shown for kind in p.whole.counts("type")}


def matrix_section(path: str, mark: queries.Fingerprint, names: Sequence[str], days: Filters) -> str:
    """Who attacked whom among the groups chosen and their main opponents."""
    found = profiles.dyads(path, mark, replace(days, actor=tuple(names)))
    if not found.cells:
        return charts.section("Who attacked whom", '<p class="pf-note">None of their incidents names both sides.</p>')
    note = (
        "Each row attacked the columns. A number opens its incidents on the Monitor; arrow keys move between them. "
        f"Shown beside the chosen: the {profiles.MAX_OPPONENTS} most often on the other side."
    )
    return charts.section("Who attacked whom", charts.matrix_html(found.names, names, found.cells, days), note=note, css="pf-block")


def profile_html(path: str, mark: queries.Fingerprint, shown: Sequence[Profile], days: Filters, scale: Scale, theme: str | None) -> str:
    """The whole profile of one group, or several beside each other."""
    per = {"week": "week", "month": "month", "year": "year"}[scale.width]
    wide = sum(wide_dates(p) for p in shown)
    note = f"Above the line as initiator, below as target; one bar a {per}." + (
        f" {plural(wide, 'incident')} dated less closely, in no bar." if wide else ""
    )
    time = charts.section(
        "Over time", side_by_side(shown, lambda p: over_time(p, scale)) + charts.types_legend(kinds_shown(shown)), note=note
    )
    outside = scale.view.outside
    place_note = f"{plural(outside, 'incident')} far from the others outside of the picture." if outside else ""
    where = charts.section("Where", side_by_side(shown, lambda p: map_html(p, scale, theme)), note=place_note)
    places = charts.section("Provinces", side_by_side(shown, places_html))
    types = charts.section("What", side_by_side(shown, lambda p: ranked(p, "type", scale.types, label="Types of event")))
    modes = charts.section("Means", side_by_side(shown, lambda p: ranked(p, "mode", scale.modes, label="Means used")))
    deaths = charts.section("Killed", side_by_side(shown, deaths_html))
    latest = charts.section(
        "Latest incidents", side_by_side(shown, lambda p: charts.latest_html(p.latest, p.whole.all.incidents, p.filters))
    )
    matrix = matrix_section(path, mark, [p.name for p in shown], days)
    if len(shown) == 1:
        about = charts.section("About", facts_html(shown[0]))
        return (
            f'{figures(shown[0])}<div class="pf-pair"><div class="pf-stack">{time}{deaths}</div>{where}</div>'
            f'<div class="pf-pair">{matrix}{about}</div><div class="pf-three">{types}{modes}{places}</div>'
            f'<div class="pf-block">{latest}</div>'
        )
    heads = side_by_side(shown, lambda p: f'<p class="pf-kind">{escape_text(kind_words(p.facts))}</p>{small_figures(p)}', css="heads")
    about = charts.section("About", side_by_side(shown, facts_html))
    blocks = (time, where, types, modes, deaths, matrix, places, latest, about)
    return heads + "".join(f'<div class="pf-block">{block}</div>' for block in blocks)


def small_figures(p: Profile) -> str:
    """The number of incidents of one group among several."""
    n = p.whole.all.incidents
    return charts.figures_html(
        (charts.Figure(charts.number(n, p.filters), "incident" if n == 1 else "incidents", undated_words(p.whole.undated)),)
    )


@queries.cached(64)
def cached_profile(path: str, mark: queries.Fingerprint, names: tuple[str, ...], days: Filters, theme: str | None) -> str:
    """The profile of these groups as HTML, drawn up once for all who look at it."""
    span = profiles.days(path, mark, replace(days, actor=names))
    width = profiles.bar_width(span)
    dots = charts.MAX_DOTS if len(names) == 1 else charts.MAX_DOTS_EACH
    shown = [load_profile(path, mark, name, days, width, dots) for name in names]
    return profile_html(path, mark, shown, days, common_scale(shown, span, width), theme)


def show_profiles(path: str, mark: queries.Fingerprint, names: Sequence[str], days: Filters) -> None:
    """The profiles of the groups that are chosen."""
    theme = st.context.theme.type
    facts = {name: profiles.actor_facts(path, mark, name) for name in names}
    st.title(escape_markdown(join_words(names)), anchor=False)
    if len(names) == 1:
        line(" · ".join(part for part in (kind_words(facts[names[0]]), days_words(days)) if part))
    else:
        line(f"Compared on the same scales, {days_words(days)}")
    shown = [name for name in names if profiles.breakdown(path, mark, replace(days, actor=(name,)), WHOLE).all.incidents]
    for name in names:
        if name not in shown:
            show_nothing(facts[name], days)
    if shown:
        show_html(cached_profile(path, mark, tuple(shown), days, theme), key="profile", theme=theme)


def show_nothing(facts: profiles.ActorFacts, days: Filters) -> None:
    """A group that is known and has no counted incident in these days: why, and what to do."""
    if days.date_from or days.date_to:
        all_days = [(f"{facts.name}, all days", {"actor": facts.name})]
        offer(PAGE, f"{facts.name}: no incident in these days.", "Other days may have some.", all_days)
        return
    listed = "It is in the list of actors" if facts.is_listed else "It is named"
    related = [r.name for r in (*facts.parents, *facts.branches) if r.incidents][:MAX_GROUPS]
    why = f"{listed}, and no incident that counts names it on a side."
    offer(PAGE, f"{facts.name}: no incident yet.", why, [(f"Related: {name}", {"actor": name}) for name in related])


def show_unknown(unknown: Sequence[str], names: dict[str, tuple[str, ...]]) -> None:
    """Names in the address that nobody has: say so, and what is like them."""
    for asked in unknown:
        ways = [(f"Did you mean {name}?", {"actor": name}) for name in similar_names(asked, names)]
        offer(PAGE, "No group of this name.", f"Neither the list of actors nor any incident has “{asked[:200]}”.", ways)


# --- all groups ----------------------------------------------------------------------------------


def matching(table: pd.DataFrame, words: str, names: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    """The rows whose name, or another name of it, has these words in it."""
    wanted = outlines.fold(words)
    if not wanted:
        return table
    return table[[any(wanted in outlines.fold(n) for n in (name, *names.get(name, ()))) for name in table["name"]]]


def show_index(path: str, mark: queries.Fingerprint, days: Filters, names: dict[str, tuple[str, ...]]) -> None:
    """All groups that are named, the most frequent first; a row opens the profile."""
    table = profiles.actor_index(path, mark, days)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="fields_find"):
        words = st.text_input("Find a group", key="actors_find", placeholder="Name, abbreviation or other name", width=300) or ""
        rows = matching(table, words, names)
        counted = f"{len(rows):,} of {plural(len(table), 'group')}" if words else plural(len(table), "group")
        line(f"{counted}, {days_words(days)}. A group's branches count as the group. Choose a row for its profile.")
    if rows.empty:
        listed = [
            n
            for n, others in names.items()
            if n not in set(table["name"]) and any(outlines.fold(words) in outlines.fold(o) for o in (n, *others))
        ]
        if listed:
            notice("Known and not seen.", f"In the list of actors, and in no incident of these days: {join_words(listed[:8])}.")
        else:
            notice("No group of this name.", "Try fewer letters, or another spelling.")
        return
    top = int(max((max(s) for s in rows["spark"]), default=1))
    shown = pd.DataFrame(
        {
            "Group": rows["name"],
            "Kind": [KIND_WORDS.get(k) or inter_words(int(inter)) for k, inter in rows[["kind", "inter"]].values],
            "Country": [country_name(c) for c in rows["country"]],
            "Incidents": rows["incidents"],
            "As initiator": rows["initiated"],
            "As target": rows["targeted"],
            "Killed": [int(k) if i > u else None for k, u, i in zip(rows["killed"], rows["unstated"], rows["incidents"], strict=True)],
            "Not stated": rows["unstated"],
            "Last seen": [format_day(day) for day in rows["last"]],
            "Over time": rows["spark"],
        }
    )
    column = st.column_config
    over_time = "Incidents in equal spans from the first to the last day; one scale for all."
    state = st.dataframe(
        shown, hide_index=True, on_select="rerun", selection_mode="single-row", key="actors_table", row_height=28, placeholder=NOT_STATED,
        height=min(36 + 28 * len(shown), 640), alt="Table of all groups",
        column_config={
            "Group": column.TextColumn(width=250),
            "Kind": column.TextColumn(width=120),
            "Country": column.TextColumn(width=110),
            **{name: column.NumberColumn(width=80, format="localized") for name in ("Incidents", "As initiator", "As target")},
            "Killed": column.NumberColumn(width=70, format="localized", help="Best figures of its incidents in either role, added up."),
            "Not stated": column.NumberColumn(width=80, format="localized", help="Incidents whose deaths nobody states."),
            "Last seen": column.TextColumn(width=95),
            "Over time": column.BarChartColumn(width=170, y_min=0, y_max=max(top, 1), help=over_time),
        },
    )  # fmt: skip
    if chosen := state["selection"]["rows"]:
        open_address(PAGE, charts.address(PAGE, {"actor": [str(rows.iloc[chosen[0]]["name"])], **to_params(days)}).partition("?")[2])


def main() -> None:
    """Fields, then the groups that are chosen or all of them."""
    path, mark = open_page(needs="incidents")
    use_style()
    names = profiles.all_names(path, mark)

    def fields(filters: Filters) -> dict[str, Any]:
        known = {asked: resolve_name(asked, names) for asked in filters.actor}
        st.session_state["actors_unknown"] = [asked for asked, name in known.items() if name is None]
        st.session_state["actors_also"] = {asked: name for asked, name in known.items() if name and name != asked}
        found = list(dict.fromkeys(name for name in known.values() if name))
        st.session_state["actors_more"] = found[MAX_GROUPS:]
        return {"actors_names": found[:MAX_GROUPS]}

    seed_fields(PAGE, fields)
    options = queries.filter_options(path, mark)["actor"]
    options = [*options, *(n for n in st.session_state.get("actors_names", ()) if n not in options)]
    with st.container(horizontal=True, key="fields_actors", vertical_alignment="bottom", gap="small"):
        chosen = st.multiselect(
            "Groups",
            options,
            key="actors_names",
            max_selections=MAX_GROUPS,
            placeholder=f"Choose a group, or up to {MAX_GROUPS} to compare",
        )
        days = show_days(PAGE)
    remember(PAGE, replace(days, actor=tuple(chosen)))
    for asked, name in st.session_state.get("actors_also", {}).items():
        if name in chosen:
            line(f"“{asked}” is {name}.")
    if more := st.session_state.get("actors_more"):
        notice(f"Only {MAX_GROUPS} groups fit beside each other.", f"Left out: {join_words(more)}.")
    show_unknown(st.session_state.get("actors_unknown", ()), names)
    if chosen:
        show_profiles(path, mark, chosen, days)
    else:
        if not st.session_state.get("actors_unknown"):
            st.title("Actors", anchor=False)
        show_index(path, mark, days, names)


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
