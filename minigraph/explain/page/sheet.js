// The sheet that is printed: below the circuit all steps with their rules, and the gradients of the parameters written out.
function sheetView() {
  const row = (cells, tag = "td") => element("tr", {}, ...cells.map((cell) => element(tag, tag === "th" ? { scope: "col" } : {}, cell)));
  const reached = data.steps.map((step, i) => row([String(i + 1), step.name, step.rule === step.name ? "" : step.rule, resultOf(step).shape, resultOf(step).summary]));
  const written = Object.values(data.nodes).filter((node) => node.gradient && node.kind === "parameter");
  const gradients = written.map((node) => {
    const view = element("p", { class: "formula" });
    view.innerHTML = node.gradient; // its mathematics was escaped where it was made
    return view;
  });
  return [
    element("h2", {}, "The steps"),
    element("table", {}, element("thead", {}, row(["step", "result", "rule", "shape", "numbers"], "th")), element("tbody", {}, ...reached)),
    ...(gradients.length ? [element("h2", {}, "The gradients of the parameters"), ...gradients] : []),
  ];
}

const SMALLEST_PRINT = 4; // points

/** Set what is wider than a sheet of paper in smaller letters. */
function fitFormulas(sheet) {
  sheet.classList.add("measured");
  const widest = (each) => Math.max(0, ...[...each.querySelectorAll("math, math *")].map((part) => part.getBoundingClientRect().width));
  const parts = [...sheet.querySelectorAll(".formula")].map((each) => [each, sheet.clientWidth / widest(each)]);
  for (const [each, part] of parts) if (part < 1) each.style.fontSize = `${Math.max(SMALLEST_PRINT, Math.floor(120 * part) / 10)}pt`;
  sheet.classList.remove("measured");
}

function makeSheet() {
  addEventListener("beforeprint", () => {
    showCircuit(data.steps.length, data.steps.length, snapshot());
    for (const group of svg.querySelectorAll(".now-forward, .now-back")) group.classList.remove("now-forward", "now-back");
    frame.classList.toggle("tall", extent.height > 2 * extent.width); // it goes on over several sheets
    find("sheet").replaceChildren(...sheetView());
    fitFormulas(find("sheet"));
  });
  addEventListener("afterprint", () => {
    find("sheet").replaceChildren();
    show();
  });
}
