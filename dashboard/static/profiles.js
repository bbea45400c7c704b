// Shows a profile's HTML, which comes escaped from dashboard/charts_profiles.py; opens its links within the app and moves between them by arrow keys.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let root = parentElement.querySelector(".pf-mount");
  if (!root) {
    root = document.createElement("div");
    root.className = "pf-mount";
    parentElement.appendChild(root);
    root.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-page]");
      if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button) return;
      event.preventDefault();
      const href = link.getAttribute("href");
      setTriggerValue("open", { page: link.dataset.page, query: href.includes("?") ? href.slice(href.indexOf("?") + 1) : "" });
    });
    // A shape's words are its label; the pointer sees them as a tip.
    root.addEventListener("pointerover", (event) => {
      const link = event.target.closest("svg a[aria-label]");
      if (!link || link.querySelector("title")) return;
      const tip = document.createElementNS("http://www.w3.org/2000/svg", "title");
      tip.textContent = link.getAttribute("aria-label");
      link.prepend(tip);
    });
    root.addEventListener("focusin", (event) => {
      const group = event.target.closest("[data-rove]");
      if (!group) return;
      for (const link of linksOf(group)) link.setAttribute("tabindex", link === event.target ? "0" : "-1");
    });
    root.addEventListener("keydown", (event) => {
      const group = event.target.closest("[data-rove]");
      if (!group || event.metaKey || event.ctrlKey || event.altKey) return;
      const next = neighbour(group, event.target.closest("a"), event.key);
      if (next) {
        event.preventDefault();
        next.focus();
      }
    });
  }
  const linksOf = (group) => [...group.querySelectorAll("a")];

  function neighbour(group, here, key) {
    const links = linksOf(group), at = links.indexOf(here);
    if (key === "Home") return links[0];
    if (key === "End") return links[links.length - 1];
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step) return null;
    if (group.dataset.rove !== "grid") return links[at + step] || null;
    const cell = here.closest("td, th"), row = cell.parentElement;
    if (key === "ArrowRight" || key === "ArrowLeft") {
      let other = cell;
      while ((other = step > 0 ? other.nextElementSibling : other.previousElementSibling)) {
        if (other.querySelector("a")) return other.querySelector("a");
      }
      return null;
    }
    const rows = [...group.querySelectorAll("tr")];
    for (let n = rows.indexOf(row) + step; n >= 0 && n < rows.length; n += step) {
      const link = rows[n].children[cell.cellIndex]?.querySelector("a");
      if (link) return link;
    }
    return null;
  }

  if (root.dataset.version === data.version) return;
  root.dataset.version = data.version;
  root.innerHTML = data.html;
  // One stop of the tab key for each group; the arrow keys go on from there.
  for (const group of root.querySelectorAll("[data-rove]")) {
    linksOf(group).forEach((link, n) => link.setAttribute("tabindex", n ? "-1" : "0"));
  }
}
