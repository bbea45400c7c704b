// Buttons for the map beside them: they press the keys that the map itself listens to, so that both go the same way.
const CODES = { in: "Equal", out: "Minus" };
const LABEL = "Map. Arrow keys move it, plus and minus change how near it is.";

const chart = () => document.querySelector(".st-key-map [data-testid=stDeckGlJsonChart]");
const stage = () => chart()?.querySelector("[tabindex='0']:not(button):not(a)");

function name(tries) {
  const map = stage();
  if (map) {
    map.setAttribute("role", "application");
    map.setAttribute("aria-label", LABEL);
    map.classList.add("dl-stage");
  } else if (tries > 0) {
    setTimeout(name, 300, tries - 1);
  }
}

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = () => {
      const what = button.dataset.do;
      if (what === "fit") setTriggerValue("fit", true);
      else stage()?.dispatchEvent(new KeyboardEvent("keydown", { code: CODES[what], bubbles: false }));
    };
  }
  name(100);
}
