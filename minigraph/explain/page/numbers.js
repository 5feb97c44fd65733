// Arithmetic in numbers as text: each part with its value and how tightly it binds; what is 0 or 1 by construction is left out.
const [SIGNED, SUM, PRODUCT, ATOM] = [0, 1, 2, 3];
const ZERO = { text: "0", binds: ATOM, value: 0, shown: 0, zero: true, plain: true };
const ONE = { text: "1", binds: ATOM, value: 1, shown: 1, one: true, plain: true };

/** A number with so many digits; `shown` is what is written, where `value` is what it is. */
const atom = (value, digits = FEWEST) => ({ text: numberText(value, 0, digits), binds: value < 0 ? SIGNED : ATOM, value, shown: rounded(value, digits), plain: true });

/** A rule of some parts, as they are and as they are written. */
const both = (rule, ...parts) => ({ value: rule(...parts.map((part) => part.value)), shown: rule(...parts.map((part) => part.shown)) });
const enclosed = (part, least) => (part.binds < least ? `(${part.text})` : part.text);
const raised = (whole) => [...String(whole)].map((digit) => RAISED[digit]).join("");
const signed = (text) => (text.startsWith("−") ? ` − ${text.slice(1)}` : ` + ${text}`);

/** The sum of some terms, and of others that are not written, as their number and their value. */
function added(terms, others = 0, rest = atom(0)) {
  const kept = terms.filter((term) => !term.zero);
  if (kept.length + others === 0) return ZERO;
  if (kept.length === 1 && !others) return kept[0];
  const more = others ? signed(`${rest.text} from ${others} more`) : "";
  return {
    text: kept.map((term, i) => (i ? signed(term.text) : term.text)).join("") + more,
    binds: SUM, ...both((...all) => all.reduce((sum, each) => sum + each, 0), rest, ...kept),
  };
}

function negated(part) {
  if (part.zero) return ZERO;
  const text = part.binds === SIGNED ? part.text.slice(1) : `−${enclosed(part, PRODUCT)}`;
  return { ...part, text, binds: part.binds === SIGNED ? ATOM : SIGNED, ...both((x) => -x, part), one: false };
}

function subtracted(a, b) {
  if (b.zero) return a;
  if (a.zero) return negated(b);
  return { text: `${a.text} − ${enclosed(b, PRODUCT)}`, binds: SUM, ...both((x, y) => x - y, a, b) };
}

function multiplied(a, b) {
  if (a.zero || b.zero) return ZERO;
  if (a.one || b.one) return a.one ? b : a;
  const found = { binds: PRODUCT, ...both((x, y) => x * y, a, b) };
  if (a.under && !b.under) return { text: `${enclosed(b, PRODUCT)} / ${a.under}`, ...found };
  if (b.under) return { text: `${enclosed(a, PRODUCT)} / ${b.under}`, ...found };
  return { text: `${enclosed(a, PRODUCT)} × ${enclosed(b, PRODUCT)}`, ...found };
}

function divided(a, b) {
  if (a.zero || b.one) return a;
  const under = enclosed(b, ATOM);
  return { text: `${enclosed(a, PRODUCT)} / ${under}`, binds: PRODUCT, ...both((x, y) => x / y, a, b), under: a.one ? under : undefined };
}

function powered(a, b) {
  if (b.value === 1 || a.one) return a;
  const whole = Number.isInteger(b.value) && b.value >= 0;
  return { text: enclosed(a, ATOM) + (whole ? raised(b.value) : `^${enclosed(b, ATOM)}`), binds: ATOM, ...both((x, y) => x ** y, a, b) };
}
