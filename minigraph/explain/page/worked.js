// One element of what returns on a wire, worked out by the chain rule: upstream gradients times local derivatives, all computed.
const MOST_TERMS = 6;
const MOVED = 0.01; // how far an element is moved to see which elements of the value depend on it

/** Where the largest of the elements is that are shown, or where those are 0, of all; null where there are none, or one is not finite. */
function largestPlace({ data, shape }) {
  const window = shape.map((size, axis) => Math.min(size, axis < shape.length - 2 ? 1 : axis === shape.length - 1 ? COLUMNS : ROWS));
  const strides = stridesOf(shape);
  const found = (count, offset) => {
    let best = null;
    for (let n = 0; n < count; n++) {
      const x = data[offset(n)];
      if (!Number.isFinite(x)) return null;
      if (best === null || Math.abs(x) > best.size) best = { place: unraveledIn(offset(n), shape), size: Math.abs(x) };
    }
    return best;
  };
  const shown = found(product(window), (n) => unraveledIn(n, window).reduce((sum, i, axis) => sum + i * strides[axis], 0));
  return shown && (shown.size > 0 ? shown : found(data.length, (n) => n) ?? shown).place;
}

const offsetOf = (place, shape) => place.reduce((sum, i, axis) => sum + i * stridesOf(shape)[axis], 0);
const withElement = (array, at, number) => {
  const found = new NDArray(array.data.slice(), array.shape, array.dtype);
  found.data[at] = number;
  return found;
};

/** What returns on a wire, at the largest element that is shown, or at `place`, with the terms of the largest gradients; null where the page cannot work it out. */
function workedWire(program, { by, node, operand }, operands, place = null, most = MOST_TERMS) {
  const number = (key) => program.recording.outputs[key];
  const contribution = number(`contribution ${by} ${operand}`) ?? number(`gradient ${node}`);
  const upstream = number(`gradient ${by}`);
  if (contribution === undefined || upstream === undefined) return null;
  const result = asArray(program.value(contribution));
  const at = place ?? largestPlace(result);
  if (at === null || !isFloat(result.dtype)) return null;
  const offset = offsetOf(at, result.shape);
  const value = asArray(program.value(number(`value ${by}`)));
  const places = dependantsOf(program, number(`value ${by}`), operands.map((key) => number(`value ${key}`)), number(`value ${node}`), offset);
  if (!places.length && result.data[offset] !== 0) return null;
  const gradient = asArray(program.value(upstream));
  const largest = [...places].sort((m, n) => Math.abs(gradient.data[n]) - Math.abs(gradient.data[m])).slice(0, most);
  const zeros = filled(gradient.shape, gradient.dtype);
  const terms = (place ? largest : largest.sort((m, n) => m - n)).map((n) => {
    const local = asArray(program.instead(new Map([[upstream, withElement(zeros, n, 1)]]), contribution)).data[offset];
    return { at: unraveledIn(n, value.shape), upstream: gradient.data[n], local };
  });
  if (!terms.every((term) => Number.isFinite(term.upstream * term.local))) return null;
  return written({ at, result: result.data[offset], terms, others: places.length - terms.length, added: false });
}

/** Which elements of a value depend on one of an operand, by their numbers; that element's own where it is seen nowhere. */
function dependantsOf(program, value, operands, operand, offset) {
  const before = asArray(program.value(value));
  const pinned = new Map(operands.map((each) => [each, program.value(each)]));
  const given = asArray(program.value(operand));
  pinned.set(operand, withElement(given, offset, given.data[offset] + MOVED * Math.max(1, Math.abs(given.data[offset]))));
  const after = asArray(program.instead(pinned, value));
  const places = [];
  for (let n = 0; n < before.size; n++) if (!Object.is(before.data[n] + 0, after.data[n] + 0)) places.push(n);
  return places.length || String(before.shape) !== String(given.shape) ? places : [offset];
}

/** The largest element of a sum of contributions: each is passed on as it is. */
function workedSum(total, contributions) {
  const at = largestPlace(total);
  if (at === null) return null;
  const offset = offsetOf(at, total.shape);
  const terms = contributions.map((each) => ({ at, upstream: each.data[offset], local: 1 }));
  return written({ at, result: total.data[offset], terms, others: 0, added: true });
}

const factorText = (number) => (number < 0 ? `(${numberText(number)})` : numberText(number));

/** The element with its rest and its text: `0.2 × 3 + 0.1 × 4 = 1`. */
function written({ at, result, terms, others, added }) {
  const rest = others ? result - terms.reduce((sum, term) => sum + term.upstream * term.local, 0) : 0;
  const parts = terms.map((term) => factorText(term.upstream) + (added ? "" : ` × ${factorText(term.local)}`));
  if (others) parts.push(`${factorText(rest)} from ${others} more`);
  const shown = terms.map((term) => ({ ...term, text: [numberText(term.upstream), numberText(term.local)] }));
  return { at, result, terms: shown, others, rest, text: `${parts.join(" + ") || "0"} = ${numberText(result)}` };
}
