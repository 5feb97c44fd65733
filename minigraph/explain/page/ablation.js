// Which unit matters most: how the output changes where a unit is 0, the others as they are, beside what the gradient predicts.
// M. Mozer and P. Smolensky, Skeletonization: a technique for trimming the fat from a network via relevance assessment, 1988.
const [MOST_RANKED, ABLATION_MILLISECONDS] = [10, 700];
const OF_CHANNELS = new Set(["Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "BatchNormalization", "GroupNormalization", "InstanceNormalization"]);
const rankedFor = data.steps.find((step) => step.kind === "cotangent")?.node; // the output

/** The axis along which a value has its units: that of the channels of images, else the last one. */
function axisOfUnits(key) {
  const { shape } = arrayOf(`value ${key}`);
  const channels = (each) => OF_CHANNELS.has(data.nodes[each].operation) || data.nodes[each].operands.some((operand) => isKnown(`value ${operand}`) && String(arrayOf(`value ${operand}`).shape) === String(shape) && channels(operand));
  return shape.length > 2 && channels(key) ? 1 : shape.length - 1;
}

/** How a unit is written: a1[:, 3], or a[:, 3, :, :] for a channel. */
const unitName = (key, axis, unit) => `${nameOf(key)}[${arrayOf(`value ${key}`).shape.map((_, i) => (i === axis ? unit : ":")).join(", ")}]`;

/** The places of a unit in an array, by their numbers. */
function* placesOfUnit({ shape }, axis, unit) {
  const [lead, size, behind] = around(shape, axis);
  for (let i = 0; i < lead; i++) for (let j = 0; j < behind; j++) yield (i * size + unit) * behind + j;
}

/** What the output changes by, to first order, where each unit is 0: −Σ value × gradient. */
function predictedWithout(value, gradient, axis) {
  return Array.from({ length: value.shape[axis] }, (_, unit) => {
    let sum = 0;
    for (const n of placesOfUnit(value, axis, unit)) sum -= value.data[n] * gradient.data[n];
    return sum;
  });
}

/** By how much the output changes where a unit is 0, all that follows from it computed anew. */
function changeWithout(key, axis, unit) {
  const number = data.program.outputs[`value ${key}`];
  const value = asArray(program.value(number));
  const without = new NDArray(value.data.slice(), value.shape, value.dtype);
  for (const n of placesOfUnit(value, axis, unit)) without.data[n] = 0;
  const output = data.program.outputs[`value ${rankedFor}`];
  return asArray(program.instead(new Map([[number, without]]), output)).data[0] - asArray(program.value(output)).data[0];
}

/** The units by how much the output changes without each; where time is short, of those of which the most is predicted. */
function rankedUnits(key) {
  const axis = axisOfUnits(key);
  const predicted = predictedWithout(arrayOf(`value ${key}`), arrayOf(`gradient ${key}`), axis);
  const order = [...predicted.keys()].sort((a, b) => Math.abs(predicted[b]) - Math.abs(predicted[a]));
  const end = performance.now() + ABLATION_MILLISECONDS;
  const found = [];
  for (const unit of order) {
    if (found.length >= MOST_RANKED && performance.now() > end) break;
    found.push({ unit, name: unitName(key, axis, unit), change: changeWithout(key, axis, unit), predicted: predicted[unit] });
  }
  const ranked = found.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  return { ranked, all: found.length === predicted.length, count: predicted.length, axis };
}

/** Whether a value has units to rank: several columns of numbers, from which the output follows. */
function hasUnits(key) {
  if (key === rankedFor || !["operation", "input"].includes(data.nodes[key].kind) || !returnsTo(key) || !isKnown(`value ${key}`) || !isKnown(`gradient ${key}`)) return false;
  const { shape, dtype, size } = arrayOf(`value ${key}`);
  return isFloat(dtype) && size > 0 && shape.length > 1 && shape[axisOfUnits(key)] > 1;
}

function ablationView(key) {
  if (!hasUnits(key)) return null;
  const { shape } = arrayOf(`value ${key}`);
  const axis = axisOfUnits(key);
  const unit = data.nodes[key].kind === "input" ? "feature" : axis < shape.length - 1 ? "channel" : "unit";
  return folded(`Which of its ${shape[axis]} ${unit}s matters most?`, { "data-ablation": true }, () => (drag ? [] : ablationParts(key, unit)));
}

function ablationParts(key, called) {
  let found;
  try {
    found = rankedUnits(key);
  } catch {
    return [element("p", { class: "quiet" }, `${data.of} follows from it by a rule that is not computed in the page.`)];
  }
  const { ranked, all, count, axis } = found;
  const now = arrayOf(`value ${rankedFor}`).data[0];
  const least = (EPSILON[arrayOf(`value ${rankedFor}`).dtype] ?? 0) * Math.abs(now);
  const cells = ({ name, unit, change, predicted }) => [
    element("th", { scope: "row" }, element("button", { type: "button", class: "factor", "data-unit": unit, on: { click: () => openAt(key, largestOfUnit(key, axis, unit)) } }, isolated(name))),
    ...[now + change, change, predicted].map((number, i) => element("td", {}, numberText(number, i ? least : 0))),
  ];
  const [first] = ranked;
  const head = [called, `${data.of} without it`, "change", "predicted"];
  return [
    element("p", {}, ...(Number.isFinite(first.change)
      ? [isolated(first.name), ` matters most${all ? "" : " of those computed"}: if it were 0, ${data.of} would be ${numberText(now + first.change)} and not ${numberText(now)}.`]
      : ["The output is no finite number."])),
    element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `${called}s of ${nameOf(key)}, ranked` }, element("table", {},
      element("thead", {}, element("tr", {}, ...head.map((each) => element("th", { scope: "col" }, isolated(each))))),
      element("tbody", {}, ...ranked.slice(0, MOST_RANKED).map((each) => element("tr", {}, ...cells(each)))))),
    element("p", { class: "quiet" }, [
      `Each in turn is set to 0 everywhere, the others as they are, and ${data.of} is computed anew (ablation; Mozer and Smolensky, 1988).`,
      `Above 0, the ${called} makes ${data.of} smaller. Predicted is −Σ value × gradient, the first-order change.`,
      all ? "" : `Of ${count} ${called}s, the ${ranked.length} of which the most is predicted were computed.`,
      count > MOST_RANKED && all ? `The ${MOST_RANKED} with the largest changes of ${count} are shown.` : "",
    ].filter(Boolean).join(" ")),
  ];
}

/** Where a unit has the largest share in what is predicted. */
function largestOfUnit(key, axis, unit) {
  const [value, gradient] = [arrayOf(`value ${key}`), arrayOf(`gradient ${key}`)];
  const share = (n) => Math.abs(value.data[n] * gradient.data[n]);
  return unraveledIn([...placesOfUnit(value, axis, unit)].reduce((best, n) => (share(n) > share(best) ? n : best)), value.shape);
}
