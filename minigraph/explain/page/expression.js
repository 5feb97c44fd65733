// An element of a gradient in numbers: the calls that give it, read back as far as to elements of arrays that have names.
const ARITHMETIC = { add: (a, b) => added([a, b]), subtract: subtracted, multiply: multiplied, divide: divided, power: powered };
const WRITTEN = new Set(["exp", "log", "tanh", "sqrt", "sin", "cos", "tan", "log1p", "expm1", "maximum", "minimum", "absolute", "sign", "arctan2", "sinh", "cosh"]);
const COMPARED = { equal: "=", not_equal: "≠", less: "<", less_equal: "≤", greater: ">", greater_equal: "≥" };
const MOVES = new Set(["reshape", "ravel", "expand_dims", "squeeze", "transpose", "moveaxis", "swapaxes", "broadcast_to", "getitem", "flip", "concatenate", "stack",
  "tile", "pad", "take", "take_along_axis", "gather_elements", "tril", "triu", "diag", "im2col", "shift"]);
const DEPTHS = [12, 8, 5, 3, 2, 1]; // how many calls are read back, where more is too long
const [LONGEST, MOST_VISITED, MOST_SUMS] = [130, 400, 1000];
const [MOST_CUTS, LONGEST_CUT] = [5, 60];

/** The names of numbered values: of nodes before gradients, as a value may be both. */
const namedValues = new Map();
for (const [key, number] of Object.entries(data.program.outputs).reverse()) {
  const [kind, id] = key.split(" ");
  if (kind === "value" || (kind === "gradient" && !namedValues.has(number))) namedValues.set(number, { kind, id });
}
const cotangents = new Set(data.steps.filter((step) => step.kind === "cotangent").map((step) => data.program.outputs[`gradient ${step.node}`]));

/** An array of its elements' own numbers, from 1 on. */
function numbered(shape, first = 1) {
  const found = filled(shape, "float64");
  for (let n = 0; n < found.size; n++) found.data[n] = n + first;
  return found;
}

const broadcastPlace = (place, shape) => shape.map((size, axis) => (size === 1 ? 0 : place[axis + place.length - shape.length]));
/** An element of a value in numbers, with the names of what it is of: `(0.176 − 1) / 20`, with ŷ[0, 1] = 0.176 and N = 20.

`values` are those of the program. What returns on the wire of a step begins with the gradient of the operation `by`. With `unit`
that is 1 at one place and 0 elsewhere; what is so by construction is left out. What is deeper than `most` calls is only its number, and so are
the terms of a sum beyond the largest `summed`. A number has so many `digits`.
*/
function expressed(values, number, place, [most, summed, digits], { by, unit = false }) {
  const arriving = data.program.outputs[`gradient ${by}`];
  const names = new Map();
  const cuts = new Map(); // numbers that are not read further back, by their text
  let visited = 0;
  const { text, plain, value, shown } = written(number, place, 0);
  return { text, plain, value, shown, names, cuts };

  /** What a value is called: what it is read back to. */
  function nameHere(each, depth) {
    return depth > 0 && (each === arriving ? { kind: "gradient", id: by } : namedValues.get(each));
  }

  function written(each, at, depth) {
    const array = asArray(values[each]);
    const leaf = atom(array.data[offsetOf(at, array.shape)], digits);
    if (unit && each === arriving) return leaf.value ? ONE : ZERO;
    if (cotangents.has(each)) return ONE;
    const named = nameHere(each, depth);
    if (named) {
      const name = named.kind === "value" ? nameOf(named.id) : gradientName(named.id);
      if (data.nodes[named.id].kind !== "constant") names.set(`${name}${at.length ? `[${at.join(", ")}]` : ""}`, leaf.text);
      return leaf;
    }
    const call = data.program.values[each];
    if (call.sizes && call.scalar) nameSize(call.sizes[0], leaf.text);
    if (!call.call) return leaf;
    const source = sourceOf(each, at);
    if (source === ZERO) return ZERO;
    if (source && ++visited < MOST_VISITED) return written(...source, Math.max(depth, 1)); // what is only moved is no step back
    if (depth >= most || ++visited > MOST_VISITED) {
      if (!Number.isInteger(leaf.value)) cuts.set(leaf.text, [each, at]);
      return leaf;
    }
    return ofCall(each, call, array, at, depth) ?? leaf;
  }

  function nameSize(size, text) {
    if (typeof size !== "number" && size.length === 1) names.set([size[0][0] === 1 ? "" : size[0][0], ...size[0][1].filter((each) => typeof each === "string")].filter(Boolean).join("·"), text);
  }

  function givenTo({ of, options }) {
    const given = (each) => program.given(each, values);
    return [of.map(given), options && Object.fromEntries(Object.entries(options).map(([key, each]) => [key, given(each)]))];
  }

  function ofCall(number, { call, of, options }, array, at, depth) {
    const [given] = givenTo({ of, options });
    const isValue = (i) => of[i]?.value !== undefined;
    const operand = (i, place) => (isValue(i) ? written(of[i].value, place, depth + 1) : atom(Number(of[i])));
    const broadcast = (i) => operand(i, isValue(i) ? broadcastPlace(at, asArray(given[i]).shape) : []);
    const all = () => of.map((_, i) => broadcast(i));
    if (ARITHMETIC[call]) {
      if (call === "multiply" && isValue(1) && of[0]?.value === of[1].value) return powered(broadcast(0), atom(2));
      return ARITHMETIC[call](...all());
    }
    if (call === "negative") return negated(operand(0, at));
    if (call === "square") return powered(operand(0, at), atom(2));
    if (call === "reciprocal") return divided(ONE, operand(0, at));
    if (call === "where") {
      broadcast(0); // what decides has its names beside it
      return broadcast(asArray(given[0]).data[offsetOf(broadcastPlace(at, asArray(given[0]).shape), asArray(given[0]).shape)] ? 1 : 2);
    }
    if (COMPARED[call]) {
      return compared(call, all, array.data[offsetOf(at, array.shape)]);
    }
    if (WRITTEN.has(call)) {
      const parts = all();
      return { text: `${call === "sqrt" ? "√" : call}(${parts.map((part) => part.text).join(", ")})`, binds: ATOM, ...both((...each) => asArray(functions[call](...each)).data[0], ...parts) };
    }
    if (call !== "matmul" && !functions[call].goes) return null;
    const terms = addends(number, at);
    const total = largest(terms, (term) => term.write(depth + 1));
    return call === "mean" ? divided(total, atom(terms.length)) : total;
  }

  /** The 1 or 0 of a comparison, and beside it why: 1 because y[2] = 0. */
  function compared(call, parts, number) {
    const leaf = atom(number);
    const before = new Set(names.keys());
    const [a, b] = parts();
    const [name, ...others] = [...names.keys()].filter((each) => !before.has(each));
    if (!name || others.length) return leaf;
    const text = names.get(name);
    const against = call === "equal" && number ? "" : `, ${number ? "" : "not "}${call === "equal" ? "" : `${COMPARED[call]} `}${a.text === text ? b.text : a.text}`;
    names.delete(name);
    names.set(`${leaf.text} because ${name}`, text + against);
    return leaf;
  }

  /** Where an element that is only moved, or converted, comes from: a number and a place; ZERO where it is filled in; null for any other. */
  function sourceOf(number, at) {
    const { call, of, options } = program.recording.values[number];
    if (["astype", "copy"].includes(call)) return of[0]?.value === undefined ? null : [of[0].value, at];
    if (!MOVES.has(call)) return null;
    const array = asArray(values[number]);
    const [given, settings] = givenTo({ of, options });
    const sources = [];
    let count = 0;
    const probe = (each, source) => {
      if (Array.isArray(each)) return each.map((one, i) => probe(one, source[i]));
      if (!(each instanceof NDArray) || source?.value === undefined) return each;
      sources.push({ first: count, number: source.value, shape: each.shape });
      count += each.size;
      return numbered(each.shape, count - each.size + 1);
    };
    const filling = { ...settings, ...(call === "pad" && { constant_values: 0 }), ...(call === "im2col" && { fill: 0 }) };
    const from = functions[call](probe(given[0], of[0]), ...given.slice(1), ...(settings ? [filling] : []));
    const n = asArray(from).data[offsetOf(at, array.shape)];
    if (n === 0) return array.data[offsetOf(at, array.shape)] === 0 ? ZERO : null;
    const source = sources.findLast(({ first }) => first < n);
    return [source.number, unraveledIn(n - 1 - source.first, source.shape)];
  }

  /** The terms of an element that is a sum, those of sums in it one by one; each with its value and what writes it. */
  function addends(number, at) {
    const { call, of, options } = program.recording.values[number];
    const [given, settings] = givenTo({ of, options });
    if (call === "matmul") return products(given, of, at);
    const from = asArray(given[0]);
    const array = asArray(values[number]);
    const goes = functions[call].goes(numbered(array.shape), ...given, settings);
    const here = offsetOf(at, array.shape) + 1;
    const places = [];
    for (let n = 0; n < goes.size; n++) if (goes.data[n] === here) places.push(n);
    if (call === "mean" || places.length > MOST_SUMS) return places.map((n) => term(of[0].value, unraveledIn(n, from.shape)));
    return places.flatMap((n) => (from.data[n] === 0 ? [] : inner(of[0].value, unraveledIn(n, from.shape))));
  }

  function term(number, place) {
    const array = asArray(values[number]);
    return { value: array.data[offsetOf(place, array.shape)], write: (depth) => written(number, place, depth) };
  }

  /** A term of a sum, or the terms that it is the sum of. */
  function inner(number, place) {
    const source = nameHere(number, 1) ? null : sourceOf(number, place);
    if (source) return source === ZERO ? [] : inner(...source);
    const { call } = program.recording.values[number];
    const sum = !nameHere(number, 1) && (call === "matmul" || (call !== "mean" && functions[call]?.goes));
    return sum ? addends(number, place) : [term(number, place)];
  }

  /** The largest terms of a sum in their order, each written, and the others as one number. */
  function largest(terms, write) {
    const [shown, left] = largestTerms(terms.map((each, order) => ({ ...each, order })), summed);
    const rest = terms.reduce((sum, each) => sum + each.value, 0) - shown.reduce((sum, each) => sum + each.value, 0);
    return added(shown.sort((a, b) => a.order - b.order).map(write), left, atom(left ? rest : 0, digits));
  }

  /** The products of a row and a column. */
  function products([left, right], of, at) {
    const [rows, columns] = [left.ndim > 1 ? 1 : 0, right.ndim > 1 ? 1 : 0];
    const stack = at.slice(0, at.length - rows - columns);
    const [i, j] = [at.slice(stack.length, stack.length + rows), at.slice(at.length - columns)];
    const stacked = ({ shape }) => broadcastPlace(stack, shape.slice(0, Math.max(0, shape.length - 2)));
    return Array.from({ length: left.shape.at(-1) }, (_, k) => {
      const places = [[...stacked(left), ...i, k], right.ndim > 1 ? [...stacked(right), k, ...j] : [k]];
      return {
        value: left.data[offsetOf(places[0], left.shape)] * right.data[offsetOf(places[1], right.shape)],
        write: (depth) => multiplied(...places.map((place, n) => written(of[n].value, place, depth))),
      };
    });
  }
}

/** Written as deeply as is not too long; null where it is no more than a number without a name, or a value is not computed here. */
function inNumbers(values, number, place, wire, longest = LONGEST) {
  try {
    for (const most of DEPTHS) {
      const found = withDigits(values, number, place, [most, MOST_TERMS], wire);
      if (found.text.length <= longest && agrees(found.shown, found.value)) return found.plain && !found.names.size ? null : withCuts(values, found, wire);
    }
  } catch {
    // a value on the way is not computed here
  }
  return null;
}

/** Written with the digits that come to its value: where terms cancel, more. */
function withDigits(values, number, place, limits, wire) {
  for (let digits = FEWEST; ; digits++) {
    const found = expressed(values, number, place, [...limits, digits], wire);
    if (digits === MOST_DIGITS || agrees(found.shown, found.value)) return found;
  }
}

/** With what some of the numbers are that were not read further back: 3.09 = (0.0139 + 0.85 from 46 more) / 48. */
function withCuts(values, found, wire) {
  for (const [leaf, [number, at]] of [...found.cuts].slice(0, MOST_CUTS)) {
    const { text, plain, names, shown, value } = withDigits(values, number, at, [1, 1], wire);
    if (!agrees(shown, value)) continue;
    if (plain ? !names.size : text.length > LONGEST_CUT) continue;
    if (!plain) found.names.set(leaf, text);
    names.forEach((each, name) => found.names.set(name, each));
  }
  return found;
}

const namesText = (names) => [...names].map(([name, text]) => `${name} = ${text}`).join(", ");
const numberOfWire = (step) => data.program.outputs[`contribution ${step.by} ${step.operand}`] ?? data.program.outputs[`gradient ${step.node}`];

/** What returns on a wire at one element, in numbers. */
function numbersView(step, at) {
  const number = numberOfWire(step);
  if (number === data.program.outputs[`gradient ${step.by}`]) return null; // it goes on as it arrives
  const result = asArray(program.value(number));
  const found = inNumbers(program.values, number, at, { by: step.by });
  if (!found) return null;
  const text = found.plain ? namesText(found.names) : `${found.text} = ${numberText(result.data[offsetOf(at, result.shape)])}`;
  const beside = !found.plain && found.names.size ? element("span", { class: "quiet" }, ` with ${namesText(found.names)}`) : null;
  return element("p", { class: "worked" }, found.plain ? "It is " : "By its rule: ", element("span", { "data-in-numbers": true }, text, beside));
}

/** The local derivative of a wire: an element of what returns where the gradient that arrives is 1 at one place, and 0 elsewhere. */
function localInNumbers(step, place, at) {
  const upstream = data.program.outputs[`gradient ${step.by}`];
  const gradient = asArray(program.value(upstream));
  const one = withElement(filled(gradient.shape, gradient.dtype), offsetOf(at, gradient.shape), 1);
  const values = program.valuesInstead(new Map([[upstream, one]]), numberOfWire(step));
  return inNumbers(values, numberOfWire(step), place, { by: step.by, unit: true }, 40);
}
