// One element of what returns on a wire, worked out by the chain rule: upstream gradients times local derivatives, all computed.
const MOST_TERMS = 4; // of a sum: one more is written rather than "from 1 more"
const CANDIDATES = 24; // of so many of the largest gradients the products are found
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

/** What returns on a wire, at the largest element that is shown, or at `place`, with its largest terms; null where the page cannot work it out. */
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
  const candidates = [...places].sort((m, n) => Math.abs(gradient.data[n]) - Math.abs(gradient.data[m])).slice(0, CANDIDATES);
  const zeros = filled(gradient.shape, gradient.dtype);
  const found = candidates.map((n) => {
    const local = asArray(program.instead(new Map([[upstream, withElement(zeros, n, 1)]]), contribution)).data[offset];
    return { n, at: unraveledIn(n, value.shape), upstream: gradient.data[n], local, value: gradient.data[n] * local };
  });
  if (!found.every((term) => Number.isFinite(term.value))) return null;
  const [terms, left] = largestTerms(found, most, places.length - candidates.length);
  if (!place) terms.sort((a, b) => a.n - b.n);
  return written({ at, result: result.data[offset], terms: terms.map(({ at, upstream, local }) => ({ at, upstream, local })), others: left, added: false });
}

/** The largest terms of a sum, by their values, and how many others are not 0; `more` of them are not given. All where all are 0, or one would be left. */
function largestTerms(terms, most, more = 0) {
  const kept = terms.filter((term) => term.value !== 0).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  if (!kept.length && !more) return [terms.slice(0, most), 0];
  const shown = kept.slice(0, kept.length + more > most + 1 ? most : most + 1);
  return [shown, kept.length + more - shown.length];
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

const factorText = (number, digits = 3) => (number < 0 ? `(${numberText(number, 0, digits)})` : numberText(number, 0, digits));

const [FEWEST, MOST_DIGITS, AGREES] = [3, 9, 0.005];
const rounded = (number, digits) => Number(general(number, digits));

/** Whether what the digits that are shown come to is what is said to come of them. */
const agrees = (shown, result) => !Number.isFinite(result) || Math.abs(shown - result) <= AGREES * Math.max(Math.abs(shown), Math.abs(result));

/** How many digits of a sum's terms, each a list of factors, are needed to come to its result where they cancel. */
function digitsOf(terms, result) {
  for (let digits = FEWEST; digits <= MOST_DIGITS; digits++) {
    if (agrees(terms.reduce((sum, factors) => sum + factors.reduce((all, factor) => all * rounded(factor, digits), 1), 0), result)) return digits;
  }
  return FEWEST; // the result is only what rounding leaves
}

/** The element with its rest and its text: `0.2 × 3 + 0.1 × 4 = 1`. */
function written({ at, result, terms, others, added }) {
  const rest = others ? result - terms.reduce((sum, term) => sum + term.upstream * term.local, 0) : 0;
  const digits = digitsOf([...terms.map((term) => [term.upstream, term.local]), [rest]], result);
  const parts = terms.map((term) => factorText(term.upstream, digits) + (added ? "" : ` × ${factorText(term.local, digits)}`));
  if (others) parts.push(`${factorText(rest, digits)} from ${others} more`);
  const shown = terms.map((term) => ({ ...term, text: [numberText(term.upstream), numberText(term.local)] }));
  return { at, result, terms: shown, others, rest, text: `${parts.join(" + ") || "0"} = ${numberText(result)}` };
}
