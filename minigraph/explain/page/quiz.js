// The quiz asks for one element of a gradient, checks the number, and says what a wrong one most likely is.
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const ROUNDED = 0.02; // the numbers shown have three digits, so an answer made from them is right to about this part

/** The number that a person wrote: with a comma or a point, a hyphen or a minus, 2e-5 or 2·10⁻⁵. */
function numberOf(text) {
  const power = [...text.trim()].map((c) => (c === "⁻" ? "-" : SUPERSCRIPTS.includes(c) ? SUPERSCRIPTS.indexOf(c) : c)).join("");
  const plain = power.replaceAll("−", "-").replace(/\s/g, "").replace(/[·*×]10\^?/, "e").replace(",", ".");
  return plain === "" ? NaN : Number(plain);
}

const placed = (at) => (at.length ? ` at [${at.join(", ")}]` : "");

/** What is wrong with an answer, or an empty text when it is right. */
function mistake(answer, worked, kind) {
  const terms = worked.terms.map((term) => term.upstream * term.local);
  const size = terms.reduce((sum, term) => sum + Math.abs(term), Math.abs(worked.rest));
  const is = (number) => Math.abs(answer - number) <= ROUNDED * Math.max(size, Math.abs(number)) + 1e-12;
  const near = (number) => number !== 0 && Math.abs(answer - number) <= ROUNDED * Math.abs(number);
  if (is(worked.result)) return "";
  const upstream = worked.terms.reduce((sum, term) => sum + term.upstream, 0);
  const local = worked.terms.reduce((sum, term) => sum + term.local, 0);
  const several = worked.terms.length + worked.others > 1;
  if (near(-worked.result)) return "The size is right, but the sign is not: multiply the signs too.";
  if (several && terms.some(near)) {
    return kind === "sum"
      ? "That is one of the contributions. The value is used more than once, so the gradients that return add up."
      : "That is one term of the sum. The number is used in several places, and what returns from each adds up.";
  }
  if (kind === "contribution" && near(upstream)) return "That is the gradient that arrives. It must still be multiplied by the local derivative.";
  if (kind === "contribution" && near(local)) return "That is the local derivative. It must still be multiplied by the gradient that arrives.";
  if (kind === "contribution" && near(upstream + local)) return "You added the two; the chain rule multiplies them.";
  if (kind === "contribution" && near(upstream / local)) return "You divided by the local derivative; the chain rule multiplies by it.";
  const ratio = Math.log10(Math.abs(answer / worked.result));
  if (worked.result !== 0 && Math.abs(ratio - Math.round(ratio)) < 0.009 && Math.round(ratio) !== 0) {
    return "The digits are right, but the decimal point is not where it belongs.";
  }
  return Math.abs(answer) > Math.abs(worked.result) ? "That is too large." : "That is too small.";
}

/** What helps with an answer: the numbers that the chain rule takes. */
function hintOf(worked, step, upstreamName) {
  if (step.kind === "sum") return `The contributions are ${worked.terms.map((term) => term.text[0]).join(", ")}. Add them up.`;
  if (!worked.terms.length) return "Moving this number does not move what is computed from it.";
  const lines = worked.terms.map((term) => `${upstreamName}${placed(term.at)} is ${term.text[0]}, and the local derivative there is ${term.text[1]}`);
  const rest = worked.others ? `; ${worked.others} more places give ${shortNumber(worked.rest)} together` : "";
  return `${lines.join("; ")}${rest}. Multiply${worked.terms.length > 1 ? " each pair, and add" : ""}.`;
}

const shortNumber = (number) => String(Number(number.toPrecision(3))).replace("-", "−");

/** The question of a step; `done(right)` hears of the end, whether the first answer was right. */
function quizView(step, worked, upstreamName, done) {
  let tries = 0;
  const field = element("input", { type: "text", inputmode: "text", autocomplete: "off", "aria-label": "Your answer", "data-answer": true });
  const reply = element("p", { role: "status", "data-reply": true });
  const check = (event) => {
    event.preventDefault();
    const answer = numberOf(field.value);
    if (!Number.isFinite(answer)) {
      reply.className = "wrong";
      reply.textContent = "Write a number, such as −0.12 or 3e-4.";
      return;
    }
    tries += 1;
    const wrong = mistake(answer, worked, step.kind);
    if (!wrong) return done(tries === 1 ? "right" : "later");
    reply.className = "wrong";
    reply.textContent = tries > 1 ? `${wrong} ${hintOf(worked, step, upstreamName)}` : wrong;
    field.select();
  };
  const hint = () => {
    tries += 1;
    reply.className = "";
    reply.textContent = hintOf(worked, step, upstreamName);
  };
  return element("div", { class: "quiz" },
    element("h3", {}, "What is ", isolated(step.name), `${placed(worked.at)}?`),
    element("form", { on: { submit: check } }, field,
      element("button", { type: "submit", class: "main" }, "Check"),
      element("button", { type: "button", "data-hint": true, on: { click: hint } }, "Hint"),
      element("button", { type: "button", "data-show": true, on: { click: () => done("shown") } }, "Show me")),
    reply);
}
