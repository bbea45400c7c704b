"""The dashboard's entry: page title, style, navigation. What a page shows is in views/."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.access import guard_reading
from dashboard.charts import palette

ASSETS = Path(__file__).resolve().parent / "assets"
VIEWS = Path(__file__).resolve().parent / "views"

# Wide enough for two dates side by side; hidden on a phone until it is called.
SIDEBAR_PX = 290

# (name, title, whether it is in the menu). A page that is not there is left out.
PAGES = (
    ("monitor", "Monitor", True),
    ("incident", "Incident", False),
    ("saved", "Saved", True),
    ("actors", "Actors", True),
    ("regions", "Regions", True),
    ("articles", "Articles", True),
    ("review", "Review", True),
    ("ingest", "Ingest", True),
    ("extracts", "Extracts", True),
    ("codebook", "Codebook", True),
    ("quality", "Quality", True),
)
ABOUT = """**Dateline** turns news copy into mapped, sourced incidents, and never shows a number it cannot
open to the sentence that says it. Base map: Natural Earth, public domain. Place names: GeoNames, CC BY 4.0."""


def main() -> None:
    """Draw the frame and run the page that the address names."""
    st.set_page_config(
        page_title="Dateline",
        page_icon=str(ASSETS / "favicon.svg"),
        layout="wide",
        initial_sidebar_state=SIDEBAR_PX,
        menu_items={"About": ABOUT, "Get help": None, "Report a bug": None},
    )
    st.html(ASSETS / "style.css")
    theme = st.context.theme.type or "light"
    colours = palette(theme)
    st.html(f"<style>:root {{ --dl-sea: {colours.sea}; --dl-soft: {colours.soft}; --dl-rule: {colours.rule}; }}</style>")
    st.html(f"<style>:root {{ --dl-paper: {colours.paper}; }}</style>")
    st.logo(str(ASSETS / f"logo-{theme}.svg"), size="large")
    pages = {
        name: st.Page(
            VIEWS / f"{name}.py", title=title, url_path=name, default=name == "monitor", visibility="visible" if shown else "hidden"
        )
        for name, title, shown in PAGES
        if (VIEWS / f"{name}.py").exists()
    }
    # Views link to each other by name, wherever their files are.
    st.session_state["pages"] = pages
    guard_reading()
    chosen = st.navigation(list(pages.values()), position="top")
    # Several of them open side by side are told apart by their tabs.
    st.set_page_config(page_title=f"{chosen.title} · Dateline")
    chosen.run()


# Streamlit runs this file as the main module. A process that is started from here reads it under another name, and is no page.
if __name__ == "__main__":
    main()
