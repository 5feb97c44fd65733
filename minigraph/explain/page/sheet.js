// The sheet that is printed: the circuit, below it all steps with their rules, and the gradients of the parameters written out.
/** A name or a rule, which may go on in the next line after each of its parts. */
const long = (text) => element("td", { class: "long" }, ...text.split(/(?<=[./_])/).flatMap((part) => [part, element("wbr")]));

/** All steps as a table, with the block that some are in above them. */
function stepsTable() {
  const blockAt = (number) => data.blocks.findLast(({ first, last }) => first <= number && number <= last);
  const rows = data.steps.flatMap((step, i) => {
    const [block, before] = [blockAt(i + 1), blockAt(i)];
    const { shape, summary } = resultOf(step);
    const cells = [String(i + 1), step.name, step.rule === step.name ? "" : step.rule, shape, summary];
    const line = element("tr", {}, ...cells.map((cell, k) => (k === 1 || k === 2 ? long(cell) : element("td", {}, cell))));
    return block === before ? [line] : [element("tr", { class: "block" }, element("th", { colspan: "5", scope: "rowgroup" }, block ? blockName(block) : "\u00a0")), line];
  });
  const heads = ["step", "result", "rule", "shape", "numbers"].map((name) => element("th", { scope: "col" }, name));
  return element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
}

const EQUALS = '<mo form="infix">=</mo>';

/** The gradients of the parameters. What a letter stands for is written before it is needed, and again only where it becomes another. */
function writtenGradients() {
  const written = Object.values(data.nodes).filter((node) => node.gradient && node.kind === "parameter");
  const known = new Map();
  const lines = written.map((node) => {
    const line = element("p", { class: "formula" });
    line.innerHTML = node.gradient; // its mathematics was escaped where it was made
    const [gradient, ...definitions] = line.children;
    const fresh = definitions.filter((each) => {
      const [name, meaning] = each.innerHTML.split(EQUALS);
      return known.get(name) !== meaning && known.set(name, meaning);
    });
    for (const each of fresh.slice(0, -1)) each.append(mathSign(","));
    line.replaceChildren(gradient, ...(fresh.length ? [" with "] : []), ...fresh.flatMap((each) => [each, " "]));
    return line;
  });
  return lines.length ? [element("h2", {}, "The gradients of the parameters"), ...lines] : [];
}

const boxOf = (each) => each.getBoundingClientRect();

/** Fill the sheet; what is on it is measured as it is printed. */
function fillSheet(sheet) {
  sheet.classList.add("measured");
  const head = element("div", {}, ...["h1", "header > .quiet"].map((each) => document.querySelector(each)?.cloneNode(true)));
  sheet.replaceChildren(head);
  sheet.append(...piecesView(boxOf(head).height), element("h2", {}, "The steps"), stepsTable(), ...writtenGradients());
  for (const math of sheet.querySelectorAll("math")) fitFormula(math, sheet.clientWidth - 1);
  sheet.classList.remove("measured");
}

const SMALLEST_PART = 0.6; // of its size, to which a formula is set smaller

/** Part a formula that is wider than the sheet before its operators, those that bind least first; what has none is set smaller. */
function fitFormula(math, width) {
  const wide = boxOf(math).width;
  if (wide <= width) return;
  const parts = partedFormula(math, width);
  if (parts.length === 1) math.style.fontSize = `${Math.max(SMALLEST_PART, width / wide)}em`;
  else {
    math.replaceWith(...parts);
    for (const part of parts) fitFormula(part, width);
  }
}

const isBracket = (each) => ["prefix", "postfix"].includes(each.getAttribute("form"));
const UNBROKEN = "\u2061\u2062"; // no line begins with the sign of an application or of a product

function mathSign(text, form = "infix") {
  const sign = document.createElementNS("http://www.w3.org/1998/Math/MathML", "mo");
  sign.setAttribute("form", form);
  sign.textContent = text;
  return sign;
}

/** A fraction on one line: (a) / (b). */
const onOneLine = (fraction) => [...fraction.children].flatMap((part, k) =>
  [...(k ? [mathSign("/")] : []), ...(part.children.length > 1 ? [mathSign("(", "prefix"), part, mathSign(")", "postfix")] : [part])]);

/** The parts of a formula: before each operator of its row and behind each comma, or of the widest row in it that has one.

It parts at its equals sign only where there is no other. */
function partedFormula(math, width, unbroken = `${UNBROKEN}=`) {
  let rest = [...math.children];
  for (;;) {
    const signs = [...rest.keys()].filter((i) => i && rest[i].localName === "mo" && !isBracket(rest[i]) && !unbroken.includes(rest[i].textContent));
    const starts = signs.map((i) => (rest[i].textContent === "," ? i + 1 : i)).filter((i) => i < rest.length);
    if (starts.length) {
      return [0, ...starts].map((from, k) => {
        const part = math.cloneNode(false);
        part.append(...rest.slice(from, starts[k]));
        if (part.firstChild.localName === "mo" && !isBracket(part.firstChild)) part.firstChild.setAttribute("form", "infix");
        return part;
      });
    }
    const rows = rest.filter((each) => each.localName === "mrow" || (each.localName === "mfrac" && boxOf(each).width > width));
    const widest = rows.sort((one, other) => boxOf(other).width - boxOf(one).width)[0];
    if (!widest) return unbroken === UNBROKEN ? [math] : partedFormula(math, width, UNBROKEN);
    const opened = widest.localName === "mfrac" ? onOneLine(widest) : [...widest.children];
    rest = rest.flatMap((each) => (each === widest ? opened : [each]));
  }
}

function makeSheet() {
  addEventListener("beforeprint", () => {
    showCircuit(data.steps.length, data.steps.length, snapshot());
    for (const group of svg.querySelectorAll(".now-forward, .now-back")) group.classList.remove("now-forward", "now-back");
    fillSheet(find("sheet"));
  });
  addEventListener("afterprint", () => {
    find("sheet").replaceChildren();
    show();
  });
}
