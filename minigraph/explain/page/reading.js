// Numbers that a person writes: with a comma or a point, a hyphen or a minus, as 2e-5, 2·10⁻⁵ or 1/3.
const LIMITS = { float16: [2 ** -24, 65504], float32: [2 ** -149, 2 ** 128 - 2 ** 104], float64: [Number.MIN_VALUE, Number.MAX_VALUE] }; // the smallest number above 0, and the largest
const ASKED = "Write a number, such as −0.12 or 3e-4.";
const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** The text of a number as JavaScript reads it, or of two with / between them. */
function plainNumber(text) {
  const power = [...text].map((c) => (c === "⁻" ? "-" : RAISED.includes(c) ? RAISED.indexOf(c) : c)).join("");
  return power.replace(/[−–‒]/g, "-").replace(/\s/g, "").replace(/[·*×]10\^?/, "e").replace(/^([^.,]*),([^.,]*)$/, "$1.$2");
}

/** The number of a text; infinite where it is too large, and NaN where it is none. */
function numberOf(text) {
  const parts = plainNumber(text).split("/").map((part) => (DECIMAL.test(part) ? Number(part) : NaN));
  if (parts.length > 2 || parts[1] === 0) return NaN;
  return parts.length > 1 ? parts[0] / parts[1] : parts[0];
}

/** A number as an array of this type has it. */
const keptAs = (number, dtype) => ({ float32: Math.fround, float16: half }[dtype] ?? Number)(number);

/** The number of a text as an array of this type has it, `{ number }`, or in `refused` why there is none. */
function numberIn(text, dtype, asked = ASKED) {
  const number = numberOf(text);
  const written = text.trim();
  if (Number.isNaN(number)) return { number, refused: /^[-−+]?(nan|inf|infinity|∞)$/i.test(written) ? `${written} is no finite number. ${asked}` : asked };
  const kept = keptAs(number, dtype);
  if (!Number.isFinite(kept)) return { number, refused: `${written} is too large: the largest number of ${dtype} is ${numberText(LIMITS[dtype][1], 0, 5)}.` };
  if (kept === 0 && /^[^e]*[1-9]/i.test(plainNumber(text))) return { number, refused: `${written} is too small: the smallest number above 0 of ${dtype} is ${numberText(LIMITS[dtype][0])}.` };
  return { number };
}

/** The shortest text of which an array of this type has that number. */
function shortest(number, dtype) {
  for (let digits = 1; digits < 17; digits++) if (keptAs(Number(number.toPrecision(digits)), dtype) === number) return String(Number(number.toPrecision(digits)));
  return String(number);
}
