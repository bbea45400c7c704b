"""The Actors page: one group, several beside each other, all of them; every number opens to its incidents."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import store
from pipeline.filters import Filters
from pipeline.models import Actor
from tests.dashboard.pages import article_and_report, broken_store, page_text, run_page, save_pairs
from tests.dashboard.profiles import check_bars, check_numbers, count, profile_of
from tests.reports import CIVILIANS


def test_every_number_of_a_profile_opens_to_its_incidents(full: Path) -> None:
    page = profile_of(run_page("actors", actor="Islamic State"))
    assert check_numbers(page, full) > 30
    assert check_bars(page, full) > 5
    tallies = [link.text for link in page.links[:3]]
    whole = Filters(actor=("Islamic State",))
    roles = [Filters(actor=("Islamic State",), role=role) for role in ("initiator", "target")]
    assert tallies == [str(count(full, filters)) for filters in (whole, *roles)]


def test_period_in_the_address_limits_all_of_it(full: Path) -> None:
    days = {"from": "2023-06-01", "to": "2023-12-31", "undated": "0"}
    at = run_page("actors", actor="Military of Iraq", **days)
    page = profile_of(at)
    assert page.links[0].text == str(
        count(full, Filters(actor=("Military of Iraq",), date_from=days["from"], date_to=days["to"], undated=False))
    )
    assert check_numbers(page, full) > 10
    assert check_bars(page, full) > 1
    assert all(link.params["from"] >= [days["from"]] for link in page.links if link.page == "monitor")
    assert {k: v[0] if isinstance(v, list) else v for k, v in at.query_params.items()} == {"actor": "Military of Iraq", **days}


def test_matrix_tells_who_attacked_whom(full: Path) -> None:
    page = profile_of(run_page("actors", actor="Boko Haram"))
    cells = {(link.params["actor"][0], link.params["against"][0]): int(link.text) for link in page.links if "pf-cell" in link.css}
    forth = Filters(actor=("Boko Haram",), role="initiator", against=("Military of Nigeria",))
    assert cells["Boko Haram", "Military of Nigeria"] == count(full, forth) > 0
    back = Filters(actor=("Military of Nigeria",), role="initiator", against=("Boko Haram",))
    assert cells.get(("Military of Nigeria", "Boko Haram"), 0) == count(full, back)


def test_four_groups_stand_side_by_side_and_a_fifth_is_said_to_be_left_out(full: Path) -> None:
    names = ["Islamic State", "Boko Haram", "JNIM", "Arakan Army", "Ansar Allah"]
    at = run_page("actors", actor=names)
    page = profile_of(at)
    assert check_numbers(page, full) > 60
    assert at.multiselect(key="actors_names").value == names[:4]
    assert "Ansar Allah" in page_text(at)
    assert at.query_params["actor"] == names[:4]
    for name in names[:4]:
        assert page.text.count(name) > 3


def test_parents_and_branches_lead_to_each_other(full: Path) -> None:
    page = profile_of(run_page("actors", actor="Islamic State"))
    branches = [link.params["actor"] for link in page.links if link.page == "actors"]
    assert ["Islamic State West Africa Province"] in branches
    page = profile_of(run_page("actors", actor="Islamic State West Africa Province"))
    assert ["Islamic State"] in [link.params["actor"] for link in page.links if link.page == "actors"]
    assert "ISWAP" in page.text


def test_index_counts_each_group_with_its_branches(full: Path) -> None:
    at = run_page("actors")
    table = at.dataframe[0].value.set_index("Group")
    for name in ("Islamic State", "Boko Haram", "Military of Iraq", "Civilians (Nigeria)"):
        assert table.loc[name, "Incidents"] == count(full, Filters(actor=(name,)))
        assert table.loc[name, "As target"] == count(full, Filters(actor=(name,), role="target"))
    assert sum(table.loc["Boko Haram", "Over time"]) == count(full, Filters(actor=("Boko Haram",), undated=False))


def test_index_finds_groups_by_other_names(full: Path) -> None:
    at = run_page("actors")
    at.text_input(key="actors_find").set_value("iswap").run()
    assert list(at.dataframe[0].value["Group"]) == ["Islamic State West Africa Province"]
    at.text_input(key="actors_find").set_value("nobody at all").run()
    assert "No group of this name" in page_text(at)


def test_another_name_in_the_address_leads_to_the_group(full: Path) -> None:
    at = run_page("actors", actor="iswap")
    assert at.multiselect(key="actors_names").value == ["Islamic State West Africa Province"]
    assert "“iswap” is Islamic State West Africa Province" in page_text(at)


def test_unknown_name_says_so_and_offers_what_is_like_it(full: Path) -> None:
    at = run_page("actors", actor="Boko Harram")
    assert "No group of this name" in page_text(at)
    assert "Did you mean Boko Haram?" in page_text(at)
    assert len(at.dataframe[0].value) > 20, "all groups are there to choose from"
    hostile = run_page("actors", actor="<img src=x onerror=alert(1)>")
    assert "<img" not in page_text(hostile)


def test_known_group_without_incidents_says_why(full: Path) -> None:
    at = run_page("actors", actor="Boko Haram", **{"from": "1999-01-01", "to": "1999-12-31", "undated": "0"})
    assert "Boko Haram: no incident in these days" in page_text(at)
    assert not at.get("bidi_component")


def test_empty_and_broken_stores_say_so(own_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.open_store(own_store).close()
    assert "The store is empty" in "".join(e.value for e in run_page("actors").subheader)
    monkeypatch.setenv("DATELINE_STORE", str(broken_store(tmp_path / "broken.db")))
    assert "The store cannot be read" in "".join(e.value for e in run_page("actors").subheader)


def test_hostile_names_stay_words(own_store: Path) -> None:
    bad = "</a><script>alert(1)</script> & \"Brothers\" '<b>'"
    save_pairs(own_store, article_and_report("a1", 5, side_a=(Actor(bad, 3),), side_b=(CIVILIANS,)))
    page = profile_of(run_page("actors", actor=bad))
    assert check_numbers(page, own_store) > 5
    assert bad in "".join(page.words)


@pytest.mark.parametrize("params", [{"actor": "AX Front"}, {}], ids=["profile", "index"])
def test_ten_thousand_rows(big_store: Path, monkeypatch: pytest.MonkeyPatch, params: dict[str, str]) -> None:
    monkeypatch.setenv("DATELINE_STORE", str(big_store))
    at = run_page("actors", **params)
    expected = count(big_store, Filters(actor=("AX Front",)))
    if params:
        assert profile_of(at).links[0].text.replace(",", "") == str(expected)
    else:
        assert at.dataframe[0].value.set_index("Group").loc["AX Front", "Incidents"] == expected > 100
