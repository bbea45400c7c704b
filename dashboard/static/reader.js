// Ties fields to their words. The HTML comes escaped from dashboard/evidence.py and reader.py; this only lights, scrolls and steps.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let root = parentElement.querySelector(".mount");
  if (!root) {
    root = document.createElement("div");
    root.className = "mount";
    parentElement.appendChild(root);
  }
  // The frame may call a component's clean-up and then the component again with the same data.
  const away = () => document.removeEventListener("keydown", root.listen);
  if (root.listen) away();
  if (root.dataset.version === data.version) {
    document.addEventListener("keydown", root.listen);
    return away;
  }
  root.dataset.version = data.version;
  root.innerHTML = data.html;

  const reader = root.querySelector(".reader");
  const texts = [...reader.querySelectorAll(".text")];
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let current = -1; // the report shown
  let pinned = ""; // the group that stays lit
  let at = -1; // the evidence stepped to, among those of the report shown
  let timer = 0;

  const marksOf = (group) => {
    if (!texts[current]) return [];
    // a span cut into pieces by other fields is one stop, not several: pieces that touch are taken together
    const marks = [...texts[current].querySelectorAll(group ? `mark.f-${group}` : "mark.ev")];
    return marks.filter((mark, i) => i === 0 || !touches(marks[i - 1], mark));
  };
  const touches = (a, b) => {
    if (a.nextSibling === b) return true;
    const wrap = a.parentElement;
    return wrap.matches(".part") && a === wrap.lastChild && wrap.nextSibling === b.parentElement && b.parentElement.firstChild === b;
  };
  const say = (words) => { reader.querySelector(".say").textContent = words; };
  const light = (group) => { reader.dataset.lit = group || pinned || ""; };

  function show(index, keep) {
    if (!texts.length) return;
    current = (index + texts.length) % texts.length;
    at = -1;
    texts.forEach((text, i) => { text.hidden = i !== current; });
    for (const part of reader.querySelectorAll("[data-report]")) {
      if (part.matches(".panel, .keys")) part.hidden = part.dataset.report !== "*" && +part.dataset.report !== current;
    }
    reader.querySelectorAll(".tab").forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === current));
      tab.tabIndex = i === current ? 0 : -1;
      if (i === current && keep) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    const count = reader.querySelector(".report-at");
    if (count) count.textContent = `${current + 1} of ${texts.length}`;
    const marks = marksOf("");
    marks.forEach((mark, i) => { mark.tabIndex = i === 0 ? 0 : -1; });
    counted();
  }

  function counted() {
    const group = pinned, all = marksOf(group).length;
    const label = reader.querySelector(".words-at");
    if (label) label.textContent = all ? (at >= 0 ? `${at + 1} of ${all}` : `${all} marked`) : "none marked";
    reader.querySelectorAll(".step.words").forEach((button) => { button.disabled = !all; });
  }

  function scrollTo(mark) {
    const pane = texts[current], box = mark.getBoundingClientRect(), frame = pane.getBoundingClientRect();
    if (box.top >= frame.top + 8 && box.bottom <= frame.bottom - 8) return;
    const top = pane.scrollTop + box.top - frame.top - frame.height / 3;
    pane.scrollTo({ top, behavior: still ? "auto" : "smooth" });
  }

  // On a phone the text stands below the fields: a chosen field brings it into view.
  function bringUp() {
    const frame = texts[current].getBoundingClientRect();
    if (frame.top > innerHeight - 120 || frame.bottom < 120) {
      reader.querySelector(".sources").scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
    }
  }

  function goTo(index, focus) {
    const marks = marksOf(pinned);
    reader.querySelectorAll(".here").forEach((mark) => mark.classList.remove("here"));
    if (!marks.length) { at = -1; counted(); return; }
    at = (index + marks.length) % marks.length;
    const mark = marks[at];
    mark.classList.add("here");
    bringUp();
    if (!pinned) reader.dataset.lit = mark.dataset.groups.split(" ")[0];
    scrollTo(mark);
    if (focus) {
      texts[current].querySelectorAll("mark.ev").forEach((m) => { m.tabIndex = -1; });
      mark.tabIndex = 0;
      mark.focus({ preventScroll: true });
    }
    say(`${mark.title}: ${mark.textContent}. ${at + 1} of ${marks.length}`);
    counted();
  }

  function pin(group) {
    pinned = group;
    at = -1;
    reader.querySelectorAll("[aria-pressed]").forEach((b) => b.setAttribute("aria-pressed", String(!!group && b.dataset.group === group)));
    reader.querySelectorAll(".here").forEach((mark) => mark.classList.remove("here"));
    light("");
    counted();
  }

  function open(group) {
    if (pinned === group) { goTo(at + 1, false); return; }
    pin(group);
    if (!marksOf(group).length) {
      const other = texts.findIndex((text) => text.querySelector(`mark.f-${group}`));
      if (other >= 0 && !reader.classList.contains("own-fields")) show(other, true);
    }
    goTo(0, false);
  }

  reader.addEventListener("mouseover", (event) => {
    const mark = event.target.closest("mark.ev");
    const holder = event.target.closest(".row.words, .key");
    clearTimeout(timer);
    if (mark) {
      const groups = mark.dataset.groups.split(" ");
      light(groups.includes(pinned) ? pinned : groups[0]);
    } else if (holder) {
      light(holder.dataset.group);
      timer = setTimeout(() => {
        const marks = marksOf(holder.dataset.group);
        if (marks.length && !marks.some((m) => inView(m))) scrollTo(marks[0]);
      }, 180);
    } else light("");
  });
  const inView = (mark) => {
    const box = mark.getBoundingClientRect(), frame = texts[current].getBoundingClientRect();
    return box.bottom > frame.top && box.top < frame.bottom;
  };
  reader.addEventListener("mouseleave", () => { clearTimeout(timer); light(""); });

  reader.addEventListener("focusin", (event) => {
    const holder = event.target.closest(".head, .key");
    if (holder && holder.dataset.group && event.target.matches(":focus-visible")) {
      light(holder.dataset.group);
      const marks = marksOf(holder.dataset.group);
      if (marks.length && !marks.some(inView)) scrollTo(marks[0]);
    }
    const mark = event.target.closest("mark.ev");
    if (mark) light(mark.dataset.groups.split(" ").includes(pinned) ? pinned : mark.dataset.groups.split(" ")[0]);
  });
  reader.addEventListener("focusout", () => light(""));

  reader.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-page]");
    if (link) {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      setTriggerValue("open", { page: link.dataset.page, id: link.dataset.id });
      return;
    }
    const button = event.target.closest("button");
    if (button && button.matches(".tab")) show(+button.dataset.index, true);
    else if (button && button.matches(".step.report")) show(current + +button.dataset.by, true);
    else if (button && button.matches(".step.words")) goTo(at < 0 && +button.dataset.by < 0 ? -1 : at + +button.dataset.by, false);
    else if (button && button.matches(".offer")) { show(+button.dataset.index, true); pin(""); open(button.dataset.group); }
    else if (button && button.matches(".tags")) {
      const on = reader.classList.toggle("tagged");
      button.setAttribute("aria-pressed", String(on));
    } else if (button && button.dataset.group) open(button.dataset.group);
    else {
      const mark = event.target.closest("mark.ev");
      if (mark) {
        const groups = mark.dataset.groups.split(" ");
        // a second click on words that several fields share goes on to the next field
        const next = groups[(groups.indexOf(pinned) + 1) % groups.length];
        pin(next);
        const place = marksOf(next).findIndex((m) => m === mark);
        if (place >= 0) goTo(place, false);
        const row = [...reader.querySelectorAll(`.panel:not([hidden]) .row.c-${next}`)][0];
        if (row) say(row.querySelector(".label").textContent + ": " + row.querySelector(".value").textContent);
      }
    }
  });

  // n, p, [ and ] work wherever the focus is, but where somebody types or another page's part has the key.
  const typing = "input, textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=dialog]";
  const elsewhere = (event) => {
    const on = event.composedPath()[0];
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || !reader.isConnected || !texts.length) return;
    if (event.composedPath().includes(reader) || (on instanceof Element && on.closest(typing))) return;
    if (event.key === "n") goTo(at + 1, true);
    else if (event.key === "p") goTo(at < 0 ? -1 : at - 1, true);
    else if (event.key === "]" || event.key === "[") show(current + (event.key === "]" ? 1 : -1), true);
    else return;
    event.preventDefault();
  };
  root.listen = elsewhere;
  document.addEventListener("keydown", elsewhere);

  reader.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const key = event.key, on = event.target;
    let done = true;
    if (key === "n") goTo(at + 1, true);
    else if (key === "p") goTo(at < 0 ? -1 : at - 1, true);
    else if (key === "]" || key === "[") {
      show(current + (key === "]" ? 1 : -1), true);
      // the focused words went with the report before: the keyboard goes on in the text that is shown now
      if (on.closest(".text")) texts[current].focus({ preventScroll: true });
    }
    else if (key === "Escape") pin("");
    else if (on.matches(".tab") && (key === "ArrowRight" || key === "ArrowLeft")) {
      show(current + (key === "ArrowRight" ? 1 : -1), true);
      reader.querySelectorAll(".tab")[current].focus();
    } else if (on.matches("mark.ev") && (key === "ArrowRight" || key === "ArrowLeft")) {
      const here = marksOf(pinned).indexOf(on);
      if (here >= 0) at = here;
      goTo(at + (key === "ArrowRight" ? 1 : -1), true);
    } else if (on.matches("mark.ev") && (key === "Enter" || key === " ")) on.click();
    else if (on.matches("button.head") && (key === "ArrowDown" || key === "ArrowUp")) {
      const heads = [...reader.querySelectorAll(".panel:not([hidden]) button.head")];
      const next = heads[heads.indexOf(on) + (key === "ArrowDown" ? 1 : -1)];
      if (next) next.focus();
    } else done = false;
    if (done) { event.preventDefault(); event.stopPropagation(); }
  });

  show(0, false);
  if (data.group) open(data.group);
  return away;
}
