"""Regions: the profile of a country or a province; without one, the world by country."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard import charts_profiles as charts
from dashboard import outlines, queries
from dashboard import queries_profiles as profiles
from dashboard.evidence import escape_text
from dashboard.profiles import days_words, offer, period, remember, seed_fields, show_days, show_html, similar_names, use_style
from dashboard.reading import line, notice
from dashboard.states import guard_store, open_page
from dashboard.wording import (
    NOT_STATED,
    WHERE_PREC_WORDS,
    country_name,
    escape_markdown,
    format_day,
    join_words,
    mode_label,
    plural,
)
from pipeline.errors import StoreBrokenError
from pipeline.filters import Filters, to_params

PAGE = "regions"
PARTS = ("bin", "type", "mode", "place", "town", "initiator", "target")
MAX_LATEST = 8
MAX_ACTORS = 8
MAX_TOWNS = 8
MAP_WIDTH, MAP_HEIGHT = 620, 430
WORLD_WIDTH, WORLD_HEIGHT = 1000, 430
# Antarctica and the last north of it are left out of the picture of the world: nobody lives there.
WORLD_BOX = (-170.0, -56.0, 180.0, 78.0)
WORLD = "The world"
NO_PROVINCE = "Province not known"


@dataclass(frozen=True, slots=True)
class Province:
    """A province as it is counted: the name of its outline, all names it has in the store, and its sums."""

    name: str
    names: tuple[str, ...]
    sums: profiles.Sums
    has_outline: bool


def provinces_of(country: str, parts: Iterable[profiles.Part]) -> list[Province]:
    """The provinces of a country in a breakdown by place, most incidents first; names that mean one province are one."""
    found: dict[str, Province] = {}
    for part in parts:
        if part.a != country or not part.b:
            continue
        outline = outlines.province_name(country, part.b)
        name = outline or part.b
        before = found.get(name)
        sums = before.sums + part.sums if before else part.sums
        found[name] = Province(name, (*(before.names if before else ()), part.b), sums, outline is not None)
    return sorted(found.values(), key=lambda p: (-p.sums.incidents, p.name))


def region_params(filters: Filters, country: str, names: Sequence[str] = ()) -> dict[str, Any]:
    """The parameters of a region's page, for the same days."""
    return {"country": [country], **({"admin1": list(names)} if names else {}), **to_params(period(filters))}


def region_link(filters: Filters, country: str, names: Sequence[str], words: str) -> str:
    """A link to a region's page."""
    return charts.anchor(PAGE, region_params(filters, country, names), escape_text(words), css="pf-link")


# --- rates ---------------------------------------------------------------------------------------


def rate(incidents: int, span: tuple[str, str] | None) -> str:
    """Dated incidents a month: '7.9', '0.4', '<0.1', '–' where none is dated."""
    if span is None:
        return NOT_STATED
    if not incidents:
        return NOT_STATED
    value = incidents / profiles.months_in(span)
    if 0 < value < 0.05:
        return "<0.1"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def rate_note(filters: Filters, span: tuple[str, str] | None) -> str:
    """What a rate is divided by."""
    if span is None:
        return "No rate: no incident has a known day."
    months = profiles.months_in(span)
    whose = "the days chosen" if filters.date_from and filters.date_to else "the first to the last incident of the whole store"
    first, last = (format_day(day) for day in span)
    return (
        f"A month: incidents with a known day, divided by the {months:,.1f} months from {first} to {last}, {whose}, "
        "the same for every region. It is the rate of what these articles tell of, not of all that happens."
    )


# --- sections ------------------------------------------------------------------------------------


def figures(whole: profiles.Breakdown, filters: Filters, tallies: queries.Tallies, span: tuple[str, str] | None) -> str:
    """The tallies of a region."""
    n = whole.all.incidents
    dated = n - whole.undated
    return charts.figures_html(
        (
            charts.Figure(charts.number(n, filters), "incident" if n == 1 else "incidents", f"{whole.undated:,} undated"),
            charts.Figure(rate(dated, span), "a month", "dated incidents", rate_note(filters, span)),
            charts.toll_figure(whole.all, filters, "killed"),
            charts.Figure(f"{tallies.articles:,}", "article" if tallies.articles == 1 else "articles", "that tell of them"),
            charts.Figure(f"{tallies.origins:,}", "origin" if tallies.origins == 1 else "origins", "republished copies are one"),
        )
    )


def over_time(whole: profiles.Breakdown, filters: Filters, width: str) -> str:
    """Bars by event type."""
    stack = charts.stacks(whole.parts["bin"])
    if not stack or not whole.first or not whole.last:
        return charts.section("Over time", '<p class="pf-note">None of these incidents has a known day.</p>')
    bars = charts.bars_html(
        stack, None, starts=charts.bar_starts(whole.first, whole.last, width), width=width, top=charts.tallest(stack), bottom=0,
        link=lambda first, last: charts.within(filters, first, last),
    )  # fmt: skip
    wide = sum(part.sums.incidents for part in whole.parts["bin"] if not part.a) - whole.undated
    note = f"One bar a {width}." + (f" {plural(wide, 'incident')} dated less closely, in no bar." if wide > 0 else "")
    kinds = {kind for kinds in stack.values() for kind in kinds}
    return charts.section("Over time", bars + charts.types_legend(kinds), note=note)


def types_html(whole: profiles.Breakdown, filters: Filters) -> str:
    """Event types and the sub-event types in them."""
    rows = []
    subs = whole.parts["type"]
    for kind, sums in sorted(whole.counts("type").items(), key=lambda item: -item[1].incidents):
        limited = replace(filters, event_type=(kind,)) if kind else None
        rows.append(charts.Ranked(charts.type_label(kind), ((sums.incidents, limited),), charts.type_colour(kind)))
        rows += [
            charts.Ranked(
                f'<span class="pf-sub">{escape_text(part.b)}</span>',
                ((part.sums.incidents, replace(filters, event_type=(part.b,))),),
                charts.type_colour(kind),
            )
            for part in subs
            if part.a == kind and part.b
        ]
    return charts.ranked_html(
        rows, heads=("incidents",), label="Types of event", top=max(s.incidents for s in whole.counts("type").values())
    )


def modes_html(whole: profiles.Breakdown, filters: Filters) -> str:
    """Means used; an incident with several counts in each."""
    rows = [
        charts.Ranked(escape_text(mode_label(part.a or "")), ((part.sums.incidents, replace(filters, mode=(part.a or "",))),))
        for part in whole.parts["mode"]
    ]
    return charts.ranked_html(rows, heads=("incidents",), label="Means used")


def actors_html(whole: profiles.Breakdown, filters: Filters) -> str:
    """Who is active, as initiator and as target, each name a link to its profile."""
    sides = {role: whole.counts(role) for role in ("initiator", "target")}
    totals: dict[str, int] = {}
    for counts in sides.values():
        for name, sums in counts.items():
            totals[str(name)] = totals.get(str(name), 0) + sums.incidents
    rows = []
    for name in sorted(totals, key=lambda n: (-totals[n], n))[:MAX_ACTORS]:
        label = charts.anchor("actors", {"actor": [name], **to_params(period(filters))}, escape_text(name), css="pf-link", title=name)
        cells = []
        for role in ("initiator", "target"):
            n = sides[role].get(name, profiles.Sums()).incidents
            cells.append((n, replace(filters, actor=(name,), role=role)))
        rows.append(charts.Ranked(label, tuple(cells)))
    rest = len(totals) - len(rows)
    note = f'<p class="pf-note">and {plural(rest, "further group")}</p>' if rest > 0 else ""
    return charts.ranked_html(rows, heads=("initiator", "target"), label="Groups") + note


def apart_note(whole: profiles.Breakdown, *, unplaced: int = 0) -> str:
    """What is counted beside the map, since a place on it would be false."""
    parts = [
        f"{whole.country_only:,} known only by country" if whole.country_only else "",
        f"{unplaced:,} in a province without an outline here" if unplaced else "",
    ]
    told = join_words(part for part in parts if part)
    return f"Counted and not on the map: {told}." if told else ""


def country_map(country: str, found: Sequence[Province], filters: Filters, whole: profiles.Breakdown, *, marked: str = "") -> str:
    """The provinces of a country by their incidents; where there are no outlines, the country as a whole."""
    ground = outlines.countries()
    shapes = outlines.unrolled(outlines.provinces(country))
    by_name = {p.name: p for p in found}
    if not shapes:
        own = tuple(o for o in ground if o.name == country)
        if not own:
            return '<p class="pf-note">There is no outline of this country here; the table has all of it.</p>'
        whole_land = outlines.unrolled([replace(o, name=country_name(country)) for o in own])
        n = whole.all.incidents
        area = charts.Area(whole_land[0], n, "monitor", to_params(filters), f"{country_name(country)}: {plural(n, 'incident')}")
        frame = outlines.fit(outlines.mainland(whole_land), width=MAP_WIDTH, max_height=MAP_HEIGHT)
        return charts.choropleth_html([area], ground, frame, [1], label=f"Map of {country_name(country)}")
    frame = outlines.fit(outlines.mainland(shapes), width=MAP_WIDTH, max_height=MAP_HEIGHT)
    bounds = charts.class_bounds(p.sums.incidents for p in found if p.has_outline)
    areas = []
    for shape in shapes:
        province = by_name.get(shape.name)
        n = province.sums.incidents if province else 0
        names = province.names if province else (shape.name,)
        told = f"{shape.name}: {plural(n, 'incident')}" + (f", killed {charts.toll_words(province.sums)}" if province else "")
        areas.append(charts.Area(shape, n, PAGE, region_params(filters, country, names), told, shape.name == marked))
    unplaced = sum(p.sums.incidents for p in found if not p.has_outline)
    note = apart_note(whole, unplaced=unplaced)
    picture = charts.choropleth_html(areas, ground, frame, bounds, label=f"Provinces of {country_name(country)} by incidents")
    return picture + charts.classes_legend(bounds, "incidents") + (f'<p class="pf-note">{escape_text(note)}</p>' if note else "")


def provinces_table(
    country: str, found: Sequence[Province], whole: profiles.Breakdown, filters: Filters, span: tuple[str, str] | None
) -> str:
    """All provinces with incidents, and what is known by country only or without a province."""
    heads = (
        ("Province", ""), ("incidents", ""), ("killed", "Best figures added up; lowest and highest in brackets."),
        ("not stated", "Incidents without any figure."), ("a month", rate_note(filters, span)), ("last", ""),
    )  # fmt: skip
    rows = []
    for p in found:
        limited = replace(filters, admin1=p.names)
        rows.append((region_link(filters, country, p.names, p.name), charts.number(p.sums.incidents, limited), *_sum_cells(p.sums, span)))
    for part in whole.parts["place"]:
        if not part.b:
            told = "known by country or a wider region, or at sea"
            rows.append((f"{NO_PROVINCE} <small>{told}</small>", f"{part.sums.incidents:,}", *_sum_cells(part.sums, span)))
    return charts.table_html(heads, rows, label="Provinces")


def _sum_cells(sums: profiles.Sums, span: tuple[str, str] | None) -> tuple[str, str, str, str]:
    return escape_text(charts.toll_words(sums)), f"{sums.unstated:,}", rate(sums.dated, span), format_day(sums.last)


def towns_html(whole: profiles.Breakdown, filters: Filters) -> str:
    """The places with most incidents, with how well they are known."""
    rows = []
    for part in whole.parts["town"][:MAX_TOWNS]:
        prec = int(part.b) if part.b else 0
        how = f" <small>{escape_text(WHERE_PREC_WORDS[prec])}</small>" if prec in WHERE_PREC_WORDS and prec != 1 else ""
        name = escape_text(part.a) if part.a else "Place not named"
        # The same name may be known to be near it or no closer than its district: the filter has all of them.
        total = sum(other.sums.incidents for other in whole.parts["town"] if other.a == part.a)
        exact = replace(filters, place=(part.a,)) if part.a and total == part.sums.incidents else None
        rows.append(charts.Ranked(f"{name}{how}", ((part.sums.incidents, exact),)))
    rest = len(whole.parts["town"]) - MAX_TOWNS
    note = f'<p class="pf-note">and {plural(rest, "further place")}</p>' if rest > 0 else ""
    return charts.ranked_html(rows, heads=("incidents",), label="Places") + note


# --- a country or a province ---------------------------------------------------------------------


def show_region(path: str, mark: queries.Fingerprint, filters: Filters, province: str) -> None:
    """The profile of a country, or of one province of it."""
    country = filters.country[0]
    theme = st.context.theme.type
    title = f"{province}, {country_name(country)}" if province else country_name(country)
    st.title(escape_markdown(title), anchor=False)
    width = profiles.bar_width(profiles.days(path, mark, filters))
    whole = profiles.breakdown(path, mark, filters, PARTS, width)
    if not whole.all.incidents:
        show_nothing(filters, title)
        return
    number, top = profiles.outlets(path, mark, filters)
    told = ", ".join(f"{name} {n:,}" for name, n in top)
    line(f"{days_words(filters).capitalize()} · seen {charts.seen_words(whole.first, whole.last)} · {plural(number, 'outlet')}: {told}")
    show_html(region_html(path, mark, filters, province, width), key="profile", theme=theme)


@queries.cached(64)
def region_html(path: str, mark: queries.Fingerprint, filters: Filters, province: str, width: str) -> str:
    """All sections of a region, drawn up once for all who look at it."""
    country = filters.country[0]
    whole = profiles.breakdown(path, mark, filters, PARTS, width)
    span = profiles.rate_span(path, mark, filters)
    tallies = queries.tallies(path, mark, filters)
    of_country = profiles.breakdown(path, mark, replace(filters, admin1=()), PARTS, width) if province else whole
    found = provinces_of(country, of_country.parts["place"])
    time = over_time(whole, filters, width)
    if province:
        back = region_link(filters, country, (), f"All of {country_name(country)}")
        ground = country_map(country, found, filters, of_country, marked=province)
        where = charts.section("Where", f"{ground}<p class='pf-note'>{back}</p>")
        lower = charts.section("Places", towns_html(whole, filters))
    else:
        where = charts.section("Where", country_map(country, found, filters, whole))
        lower = charts.section("Provinces", provinces_table(country, found, whole, filters, span), note=rate_note(filters, span))
    groups = charts.section("Who", actors_html(whole, filters), note="A group's branches count as the group.")
    types, modes = charts.section("What", types_html(whole, filters)), charts.section("Means", modes_html(whole, filters))
    latest = charts.section(
        "Latest incidents", charts.latest_html(queries.table(path, mark, filters, MAX_LATEST), whole.all.incidents, filters)
    )
    left = f'<div class="pf-stack">{time}{groups}</div>'
    middle = f'<div class="pf-pair">{lower}<div class="pf-stack">{types}{modes}</div></div>'
    return f'{figures(whole, filters, tallies, span)}<div class="pf-pair">{left}{where}</div>{middle}<div class="pf-block">{latest}</div>'


def show_nothing(filters: Filters, title: str) -> None:
    """A region without a counted incident: why, and what to do."""
    if filters.date_from or filters.date_to:
        ways = [(f"{country_name(filters.country[0])}, all days", {"country": filters.country[0]}), (WORLD, {})]
        offer(PAGE, f"{title}: no incident in these days.", "Other days may have some.", ways)
    else:
        offer(PAGE, f"{title}: no incident.", "No incident that counts is placed here.", [(WORLD, {})])


# --- the world -----------------------------------------------------------------------------------


def show_world(path: str, mark: queries.Fingerprint, days: Filters) -> None:
    """All countries: a map and a table."""
    theme = st.context.theme.type
    whole = profiles.breakdown(path, mark, days, ("place",))
    if not whole.all.incidents:
        notice("No incident in these days.", "Other days may have some.")
        return
    number = sum(1 for code in whole.counts("place") if code)
    st.title("Regions", anchor=False)
    line(f"{plural(whole.all.incidents, 'incident')} in {plural(number, 'country', 'countries')}, {days_words(days)}. Choose one.")
    show_html(world_html(path, mark, days), key="world", theme=theme)


@queries.cached(16)
def world_html(path: str, mark: queries.Fingerprint, days: Filters) -> str:
    """The map of the world by incidents and the table of its countries, drawn up once for all who look at it."""
    by_country = profiles.breakdown(path, mark, days, ("place",)).counts("place")
    nowhere = by_country.get(None, profiles.Sums())
    counts = {code: sums for code, sums in by_country.items() if code}
    bounds = charts.class_bounds(s.incidents for s in counts.values())
    areas = []
    for outline in outlines.countries():
        sums = counts.get(outline.name, profiles.Sums())
        killed = f", killed {charts.toll_words(sums)}" if sums.incidents else ""
        told = f"{country_name(outline.name) or outline.names[0]}: {plural(sums.incidents, 'incident')}{killed}"
        areas.append(charts.Area(outline, sums.incidents, PAGE, region_params(days, outline.name), told))
    frame = outlines.fit(WORLD_BOX, width=WORLD_WIDTH, max_height=WORLD_HEIGHT, margin=0)
    picture = charts.choropleth_html(areas, (), frame, bounds, label="The world by incidents", step=1.6, digits=0, names=False)
    note = (
        f"{plural(nowhere.incidents, 'incident')} in no known country, as at sea: counted and not on the map." if nowhere.incidents else ""
    )
    span = profiles.rate_span(path, mark, days)
    sparks = profiles.country_sparks(path, mark, days)
    top = max((max(values) for values in sparks.values()), default=0)
    heads = (
        ("Country", ""), ("incidents", ""), ("killed", "Best figures added up; lowest and highest in brackets."),
        ("not stated", "Incidents without any figure."), ("a month", rate_note(days, span)), ("last", ""),
        ("over time", "Equal spans from the first to the last day; one scale for all."),
    )  # fmt: skip
    rows = [
        (
            region_link(days, code, (), country_name(code)), charts.number(sums.incidents, replace(days, country=(code,))),
            *_sum_cells(sums, span), charts.spark_html(sparks.get(code, ()), top),
        )
        for code, sums in sorted(counts.items(), key=lambda item: (-item[1].incidents, country_name(item[0])))
    ]  # fmt: skip
    if nowhere.incidents:
        rows.append(("In no known country", f"{nowhere.incidents:,}", *_sum_cells(nowhere, span), ""))
    where = charts.section("Where", picture + charts.classes_legend(bounds, "incidents"), note=note)
    table = charts.section("Countries", charts.table_html(heads, rows, label="Countries"), note=rate_note(days, span))
    return f'<div class="pf-pair pf-world">{where}{table}</div>'


# --- the page ------------------------------------------------------------------------------------


def country_code(asked: str, known: Mapping[str, str]) -> str | None:
    """The alpha-2 code that is meant by a code or a country's name; None where it is neither."""
    if asked.upper() in known:
        return asked.upper()
    wanted = outlines.fold(asked)
    return next((code for code, name in known.items() if outlines.fold(name) == wanted), None)


def main() -> None:
    """Fields, then the region that is chosen or the world."""
    path, mark = open_page(needs="incidents")
    use_style()
    options = queries.filter_options(path, mark)
    known = profiles.country_names()

    def fields(filters: Filters) -> dict[str, Any]:
        asked = filters.country[0] if filters.country else None
        code = country_code(asked, known) if asked else None
        st.session_state["regions_unknown"] = asked if asked and not code else ""
        names = [name for name in filters.admin1 if name.strip()] if code else []
        return {
            "regions_country": code,
            "regions_province": (outlines.province_name(code, names[0]) or names[0]) if code and names else None,
        }

    seed_fields(PAGE, fields)
    state = st.session_state
    chosen = state.get("regions_country")
    countries = sorted({*options["country"], *([chosen] if chosen else [])}, key=country_name)
    groups = province_groups(chosen, options["admin1"]) if chosen else {}
    asked = state.get("regions_province")
    provinces = sorted({*groups, *([asked] if asked else [])})
    with st.container(horizontal=True, key="fields_regions", vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Country", countries, index=None, key="regions_country", format_func=country_name, placeholder=WORLD, on_change=forget_province
        )
        if chosen:
            st.selectbox("Province", provinces, index=None, key="regions_province", placeholder="The whole country")
        days = show_days(PAGE)
    province = asked or "" if chosen else ""
    names = groups.get(province, (province,)) if province else ()
    filters = replace(days, country=(chosen,) if chosen else (), admin1=tuple(names))
    remember(PAGE, filters)
    if unknown := state.get("regions_unknown"):
        show_unknown(unknown, known)
    if not chosen:
        show_world(path, mark, days)
    elif province and province not in groups and not outlines.province_name(chosen, province):
        show_unknown_province(chosen, province, sorted({*groups, *(o.name for o in outlines.provinces(chosen))}))
    else:
        show_region(path, mark, filters, province)


def province_groups(country: str, pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """For each province with incidents in the store all the names it has there."""
    groups: dict[str, tuple[str, ...]] = {}
    for code, name in pairs:
        if code == country:
            shown = outlines.province_name(country, name) or name
            groups[shown] = (*groups.get(shown, ()), name)
    return groups


def forget_province() -> None:
    """Another country has other provinces."""
    st.session_state["regions_province"] = None


def show_unknown(asked: str, known: Mapping[str, str]) -> None:
    """A country in the address that is none: say so, and what is like it."""
    by_name = {name: code for code, name in known.items()}
    ways = [(f"Did you mean {name}?", {"country": by_name[name]}) for name in similar_names(asked, by_name)]
    offer(PAGE, "No such country.", f"“{asked[:200]}” is neither a country's two-letter code nor its name.", ways)


def show_unknown_province(country: str, asked: str, names: Sequence[str]) -> None:
    """A province in the address that the country has not got."""
    land = country_name(country)
    ways = [(f"Did you mean {name}?", {"country": country, "admin1": name}) for name in similar_names(asked, names)]
    ways.append((f"All of {land}", {"country": country}))
    offer(PAGE, "No such province.", f"Neither the store nor the outlines of {land} have “{asked[:200]}”.", ways)


if __name__ == "__main__":  # Streamlit runs a page as the main module
    try:
        main()
    except StoreBrokenError:
        guard_store()
