// Arithmetic in numbers as text: each part with its value and how tightly it binds; what is 0 or 1 by construction is left out.
const [SIGNED, SUM, PRODUCT, ATOM] = [0, 1, 2, 3];
const ZERO = { text: "0", binds: ATOM, value: 0, zero: true, plain: true };
const ONE = { text: "1", binds: ATOM, value: 1, one: true, plain: true };

const atom = (value) => ({ text: numberText(value), binds: value < 0 ? SIGNED : ATOM, value, plain: true });
const enclosed = (part, least) => (part.binds < least ? `(${part.text})` : part.text);
const raised = (whole) => [...String(whole)].map((digit) => RAISED[digit]).join("");
const signed = (text) => (text.startsWith("−") ? ` − ${text.slice(1)}` : ` + ${text}`);

/** The sum of some terms, and of others that are not written, as their number and their value. */
function added(terms, others = 0, rest = 0) {
  const kept = terms.filter((term) => !term.zero);
  if (kept.length + others === 0) return ZERO;
  if (kept.length === 1 && !others) return kept[0];
  const more = others ? signed(`${numberText(rest)} from ${others} more`) : "";
  return {
    text: kept.map((term, i) => (i ? signed(term.text) : term.text)).join("") + more,
    binds: SUM, value: kept.reduce((sum, term) => sum + term.value, rest),
  };
}

function negated(part) {
  if (part.zero) return ZERO;
  const text = part.binds === SIGNED ? part.text.slice(1) : `−${enclosed(part, PRODUCT)}`;
  return { ...part, text, binds: part.binds === SIGNED ? ATOM : SIGNED, value: -part.value, one: false };
}

function subtracted(a, b) {
  if (b.zero) return a;
  if (a.zero) return negated(b);
  return { text: `${a.text} − ${enclosed(b, PRODUCT)}`, binds: SUM, value: a.value - b.value };
}

function multiplied(a, b) {
  if (a.zero || b.zero) return ZERO;
  if (a.one || b.one) return a.one ? b : a;
  const value = a.value * b.value;
  if (a.under && !b.under) return { text: `${enclosed(b, PRODUCT)} / ${a.under}`, binds: PRODUCT, value };
  if (b.under) return { text: `${enclosed(a, PRODUCT)} / ${b.under}`, binds: PRODUCT, value };
  return { text: `${enclosed(a, PRODUCT)} × ${enclosed(b, PRODUCT)}`, binds: PRODUCT, value };
}

function divided(a, b) {
  if (a.zero || b.one) return a;
  const under = enclosed(b, ATOM);
  return { text: `${enclosed(a, PRODUCT)} / ${under}`, binds: PRODUCT, value: a.value / b.value, under: a.one ? under : undefined };
}

function powered(a, b) {
  if (b.value === 1 || a.one) return a;
  const whole = Number.isInteger(b.value) && b.value >= 0;
  return { text: enclosed(a, ATOM) + (whole ? raised(b.value) : `^${enclosed(b, ATOM)}`), binds: ATOM, value: a.value ** b.value };
}
