// One number nudged: what the gradient says that the loss does, and what it does.
let nudged = null; // by how much, where one has written it

/** The loss where an element of a node's array has another number; nothing changes. */
function lossAt(node, place, number) {
  const array = valueOf(node);
  const at = program.recording.outputs[`value ${node}`];
  const moved = withElement(array, offsetOf(place, array.shape), number);
  return asArray(program.instead(new Map([[at, moved]]), program.recording.outputs[data.training.loss])).data[0];
}

/** The change of the loss for a nudge: by the gradient, truly, and how far they are apart. */
function wiggled(node, place, by) {
  const number = numberAt(node, place);
  const gradient = gradientAt(node, place);
  const truth = lossAt(node, place, number + by) - lossNow();
  return { number, gradient, predicted: gradient * by, truth };
}

const wiggleParts = {
  by: element("input", { type: "text", autocomplete: "off", "aria-label": "By how much it is nudged", "data-nudge": true, on: { change: readNudge } }),
  name: element("span"),
  answer: element("b", { "data-wiggled": true }),
  text: element("p", { class: "worked", "data-predicted": true }),
  figure: element("figure"),
};

function readNudge() {
  const asking = "write a number, such as 0.01 or −3e-4";
  const { number: asked, refused = asked === 0 && asking } = numberIn(wiggleParts.by.value, valueOf(chosen.node).dtype, asking);
  wiggleParts.by.setAttribute("aria-invalid", String(Boolean(refused)));
  if (refused) return say(wiggleParts.answer, refused);
  nudged = asked;
  showWiggle(changeParts.wiggle, chosen.node, chosen.place);
  writeAddress();
}

/** At how many places the loss is computed: fewer where it takes long. */
function placesOfCurve(milliseconds) {
  return 2 * Math.max(2, Math.min(12, Math.floor(60 / milliseconds))) + 1;
}

/** How far apart the numbers of a type are around one. */
const spacingAt = (number, dtype) => (number ? EPSILON[dtype] * 2 ** Math.floor(Math.log2(Math.abs(number))) : 0);

/** Where a change is so small that the loss has hardly digits for it, or where there is none. */
function roundedNote(predicted, truth, loss, flat) {
  if (flat) return ": nothing changes there";
  const { dtype } = arrayOf(data.training.loss);
  const unit = spacingAt(loss, dtype);
  return unit > 0.02 * Math.max(Math.abs(predicted), Math.abs(truth)) ? ` (${data.of} is ${dtype}, rounded to steps of ${numberText(unit)}: take a larger nudge)` : "";
}

/** What a nudge does, in words: the loss rises by 0.2, to 1.2. */
function answerText(truth, loss) {
  if (!Number.isFinite(truth)) return `${data.of} is no finite number any more`;
  return truth === 0 ? `${data.of} stays as it is` : `${data.of} ${truth > 0 ? "rises" : "falls"} by ${numberText(Math.abs(truth))}, to ${apartText(loss + truth, loss)}`;
}

/** A number with the digits that tell it apart from another. */
function apartText(number, other) {
  for (let digits = FEWEST; digits < 17; digits++) if (numberText(number, 0, digits) !== numberText(other, 0, digits)) return numberText(number, 0, digits);
  return numberText(number);
}

function showWiggle(panel, node, place) {
  const known = data.training.loss && isKnown(`gradient ${node}`) && isKnown(data.training.loss) && !isAsked(node);
  panel.hidden = !known;
  if (!known) return;
  if (!panel.firstChild) {
    panel.append(element("p", {}, "Wiggle it: if ", wiggleParts.name, " grows by ", wiggleParts.by, ", ", wiggleParts.answer), wiggleParts.text, wiggleParts.figure);
  }
  const start = performance.now();
  const by = nudged ?? nudgeOf(node);
  const { number, gradient, predicted, truth } = wiggled(node, place, by);
  const loss = lossNow();
  const reach = Math.max(Math.abs(by) * 2, nudgeOf(node) * 100);
  const count = placesOfCurve(performance.now() - start);
  const at = Array.from({ length: count }, (_, i) => number + reach * ((2 * i) / (count - 1) - 1));
  const curve = at.map((x) => [x, lossAt(node, place, x)]);
  const tangent = at.map((x) => [x, loss + gradient * (x - number)]);
  const name = elementName(node, place);
  const label = `${data.of} against ${name}, and its tangent, whose slope is the gradient ${numberText(gradient)}`;
  wiggleParts.name.textContent = name;
  if (document.activeElement !== wiggleParts.by) Object.assign(wiggleParts.by, { value: shortest(by, "float32"), ariaInvalid: "false" });
  say(wiggleParts.answer, answerText(truth, loss));
  wiggleParts.text.textContent = `predicted Δ${data.of} = ${factorText(gradient)} × ${factorText(by)} = ${numberText(predicted)}; true Δ${data.of} = ${numberText(truth)}${roundedNote(predicted, truth, loss, gradient === 0 && curve.every(([, y]) => y === loss))}`;
  const lines = [{ points: curve, colour: INK() }, { points: tangent, colour: GRADIENT_COLOUR, dashed: true, sets: false }];
  const marks = [{ at: [number, loss], colour: VALUE_COLOUR }, { at: [number + by, loss + truth], colour: GRADIENT_COLOUR }];
  wiggleParts.figure.replaceChildren(plotted(lines, marks, label), element("figcaption", { class: "quiet" }, label));
}
