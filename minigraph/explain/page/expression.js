// An element of a computed array as an expression in numbers: the calls that gave it, down to values that have names.
const INFIX = { add: [" + ", 1], subtract: [" − ", 1], multiply: [" × ", 2], divide: [" / ", 2] };
const WRITTEN = new Set(["exp", "log", "tanh", "sqrt", "sin", "cos", "log1p", "expm1", "maximum", "minimum", "absolute", "sign"]);
const DEEPEST = 6;

/** The names of numbered values: of nodes before gradients, as a value may be both. */
const namedValues = new Map();
for (const [key, number] of Object.entries(data.program.outputs).reverse()) {
  const [kind, id] = key.split(" ");
  if (kind === "value" || (kind === "gradient" && !namedValues.has(number))) namedValues.set(number, { kind, id });
}
const cotangents = new Set(data.steps.filter((step) => step.kind === "cotangent").map((step) => data.program.outputs[`gradient ${step.node}`]));

/** Where an element of what is broadcast comes from. */
const broadcastPlace = (place, shape) => shape.map((size, axis) => (size === 1 ? 0 : place[axis + place.length - shape.length]));
const samePlace = (place, from, to) => unraveledIn(offsetOf(place, from), to);

/** An element as text, how tightly it binds, and what of it has a name: `(0.176 − 1) / 20`, with ŷ[0, 1] = 0.176 and N = 20. */
function expressed(number, place) {
  const names = new Map();
  const operators = { count: 0 };
  const text = written(number, place, 0);
  return { text: text.text, names, operators: operators.count };

  function plainNumber(array, at) {
    const x = array.data[offsetOf(at, array.shape)];
    return { text: numberText(x), binds: x < 0 ? 0 : 3, value: x };
  }

  function written(each, at, depth) {
    const value = data.program.values[each];
    const array = asArray(program.value(each));
    const leaf = plainNumber(array, at);
    const named = depth > 0 && namedValues.get(each);
    if (named) {
      const name = named.kind === "value" ? data.nodes[named.id].name : gradientName(named.id);
      if (data.nodes[named.id].kind !== "constant" && !cotangents.has(each)) names.set(`${name}${at.length ? `[${at.join(", ")}]` : ""}`, leaf.text);
      return { ...leaf, one: cotangents.has(each) && leaf.value === 1 };
    }
    if (value.sizes && value.scalar && value.sizes[0]?.[0]?.[1]?.length === 1) names.set(value.sizes[0][0][1][0], leaf.text);
    if (!value.call || depth >= DEEPEST) return leaf;
    const parts = value.of.map((one) => (one?.value === undefined ? one : one.value));
    const operand = (i, place) => {
      if (value.of[i]?.value === undefined) return { text: numberText(Number(value.of[i])), binds: value.of[i] < 0 ? 0 : 3, value: value.of[i] };
      return written(parts[i], place, depth + 1);
    };
    const shapeOf = (i) => (value.of[i]?.value === undefined ? [] : asArray(program.value(parts[i])).shape);
    if (["astype", "copy"].includes(value.call)) return operand(0, at);
    if (["reshape", "expand_dims", "squeeze", "ravel"].includes(value.call)) return operand(0, samePlace(at, array.shape, shapeOf(0)));
    if (value.call === "broadcast_to") return operand(0, broadcastPlace(at, shapeOf(0)));
    if (INFIX[value.call]) {
      const [sign, binds] = INFIX[value.call];
      const [a, b] = [0, 1].map((i) => operand(i, broadcastPlace(at, shapeOf(i))));
      if (value.call === "multiply" && a.one) return b;
      if (value.call === "multiply" && b.one) return a;
      operators.count += 1;
      if (value.call === "multiply" && parts[0] === parts[1]) return { text: `${a.binds < 3 ? `(${a.text})` : a.text}²`, binds: 3 };
      if (value.call === "divide" && a.one) return { text: `1 / ${b.text}`, binds, over: b.binds < 3 ? `(${b.text})` : b.text };
      if (value.call === "multiply" && a.over) return { text: `${b.binds < binds ? `(${b.text})` : b.text} / ${a.over}`, binds };
      const [left, right] = [a.binds < binds ? `(${a.text})` : a.text, b.binds < binds + (value.call === "subtract" || value.call === "divide") ? `(${b.text})` : b.text];
      return { text: left + sign + right, binds };
    }
    if (value.call === "negative") {
      const inner = operand(0, at);
      return { text: `−${inner.binds < 3 ? `(${inner.text})` : inner.text}`, binds: 0 };
    }
    if (value.call === "square") {
      const inner = operand(0, at);
      operators.count += 1;
      return { text: `${inner.binds < 3 ? `(${inner.text})` : inner.text}²`, binds: 3 };
    }
    if (WRITTEN.has(value.call)) {
      operators.count += 1;
      return { text: `${value.call}(${value.of.map((_, i) => operand(i, broadcastPlace(at, shapeOf(i))).text).join(", ")})`, binds: 3 };
    }
    if (["equal", "where", "less", "greater", "greater_equal", "less_equal"].includes(value.call)) value.of.forEach((_, i) => operand(i, broadcastPlace(at, shapeOf(i)))); // what it is of is named beside it
    return leaf;
  }
}

/** What returns on a wire at one element, written out in numbers; null where its rule is no arithmetic of single elements. */
function inNumbers(step, at) {
  const number = data.program.outputs[`contribution ${step.by} ${step.operand}`] ?? data.program.outputs[`gradient ${step.node}`];
  try {
    const { text, names, operators } = expressed(number, at);
    const result = arrayOf(data.program.outputs[`contribution ${step.by} ${step.operand}`] === undefined ? `gradient ${step.node}` : `contribution ${step.by} ${step.operand}`);
    if (!operators || text.length > 120) return null;
    return { text: `${text} = ${numberText(result.data[offsetOf(at, result.shape)])}`, names };
  } catch {
    return null; // a value on the way is not computed here
  }
}

function numbersView(step, at) {
  const found = inNumbers(step, at);
  if (!found) return null;
  const beside = [...found.names].map(([name, text]) => `${name} = ${text}`).join(", ");
  return element("p", { class: "worked", "data-in-numbers": true }, found.text, beside && element("span", { class: "quiet" }, ` with ${beside}`));
}
