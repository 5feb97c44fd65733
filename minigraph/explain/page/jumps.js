// Buttons that bring each panel into sight, of which one is marked: the panel that one sees the most of. And Help, which closes by itself.
const jumps = new Map();
const changeJump = element("span", { "data-chosen-name": true });

function makeJumps() {
  const panels = { Step: find("step"), Node: find("node"), Change: find("change"), Train: data.training.loss ? find("training") : null };
  for (const [name, panel] of Object.entries(panels)) {
    if (!panel) continue;
    const button = element("button", { type: "button", "data-jump": name, on: { click: () => jumpTo(name, true) } }, name);
    if (name === "Change") button.append(" ", changeJump);
    jumps.set(name, { button, panel });
    find("jumps").append(button);
  }
  document.addEventListener("scroll", markJump, { capture: true, passive: true });
  addEventListener("resize", markJump);
  new ResizeObserver(markJump).observe(find("node").parentElement);
}

/** Bring a panel into sight, to the top of where it is scrolled. */
function jumpTo(name, focus = false) {
  const { panel } = jumps.get(name);
  if (!panel.hasAttribute("tabindex")) panel.tabIndex = -1;
  panel.scrollIntoView({ block: "start", behavior: "instant" });
  if (focus) panel.focus({ preventScroll: true });
  markJump();
}

/** How much of a panel is in sight, in pixels of height. */
function seenOf(panel) {
  const boxes = [panel, panel.closest(".rest"), find("step").parentElement, document.documentElement].filter(Boolean).map((each) => each.getBoundingClientRect());
  return Math.min(innerHeight, ...boxes.map((box) => box.bottom)) - Math.max(0, ...boxes.map((box) => box.top));
}

function markJump() {
  const seen = [...jumps.values()].map(({ button, panel }) => (button.offsetParent && panel.offsetParent ? seenOf(panel) : -1));
  const most = seen.indexOf(Math.max(...seen));
  [...jumps.values()].forEach(({ button }, i) => {
    if (i === most) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}

/** Help lies over the page, and so it closes as soon as one does anything else, or by Escape. */
function makeHelp() {
  const close = (event) => {
    for (const help of document.querySelectorAll("details.help[open]")) if (!help.contains(event.target)) help.open = false;
  };
  document.addEventListener("click", close, true);
  document.addEventListener("focusin", close);
  document.addEventListener("keydown", (event) => {
    const help = event.key === "Escape" && document.querySelector("details.help[open]");
    if (!help) return;
    help.open = false;
    help.querySelector("summary").focus();
  });
}
