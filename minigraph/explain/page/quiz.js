// The quiz asks for one element of a gradient: first its sign, then the number; it says what a wrong one most likely is, and leads.
const ROUNDED = 0.02; // the numbers shown have three digits, so an answer made from them is right to about this part

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
  if (answer * worked.result < 0) return `That is ${answer < 0 ? "below" : "above"} zero, and the gradient is ${answer < 0 ? "above" : "below"} it.`;
  return Math.abs(answer) > Math.abs(worked.result) ? "That is too far from zero." : "That is too close to zero.";
}

const SIGNS = { "1": "Positive", "-1": "Negative", 0: "Zero" };
const quiz = { asked: new Map(), began: null, none: "" }; // `began`: at which step, and why there; `none`: why nothing is asked
const gradientSteps = [...data.steps.keys()].filter((i) => ["contribution", "sum"].includes(data.steps[i].kind)).map((i) => i + 1);
const WAITS = "Answer first, or choose Show me.";

/** On to the next question that is not answered, or to a step before it; a block on the way back is opened. */
function upToQuestion(target) {
  while (state.position < target && !asked()) {
    openAhead(state.position);
    state.position = stopAfter(state.position);
  }
}

/** The quiz begins with the gradient that is shown, or with the next that is not answered; where there is none, with the first. */
function beginQuiz() {
  const from = state.position;
  const block = data.blocks[closedAt(from)];
  for (const start of [block ? block.first - 1 : from, forwardSteps]) {
    state.position = start;
    upToQuestion(steps.length);
    if (asked()) break;
  }
  quiz.none = asked() ? "" : gradientSteps.every((step) => state.answers.has(step)) ? "Every gradient is answered. Step goes through them again." : "There is no gradient to ask for: those that are not answered are no finite numbers. Training has a button Reset.";
  if (quiz.none) state.position = from;
  const why = from <= forwardSteps
    ? `The quiz asks for gradients, which there are on the way back: it begins here, as the steps up to ${stopNumber(forwardSteps)} are the way forward.`
    : `The next gradient after ${from === steps.length ? "the last step is the first that is not answered" : `step ${stopNumber(from)}`}.`;
  quiz.began = { at: state.position, why: state.position === from ? "" : why };
}

/** Say, where it is seen, that an answer is awaited. */
function insist() {
  Object.assign(progressOf(state.position), { reply: WAITS, tone: "" });
  Object.assign(find("reply"), { textContent: WAITS, className: "" });
  if (document.activeElement !== find("position")) (find("answer") ?? find("sign")).focus();
  find("status").textContent = WAITS;
}

/** Where in a contribution's factors to look, and what to do with them; what the tables do not reach is told. */
function factorsHint(worked, step, upstreamName) {
  if (!worked.terms.length) return "Does moving this number move what is computed from it?";
  const [{ at, text }] = worked.terms;
  const arriving = snapshot().gradients[step.by];
  const there = isShown(arriving, at) ? `${upstreamName}${placed(at)} is marked in its table below` : `${upstreamName}${placed(at)}, which the table does not reach, is ${text[0]}`;
  const count = worked.terms.length + worked.others;
  return count > 1 ? `It is used in ${count} places, so ${count} products are added. The first: ${there}` : there;
}

function isShown(record, at) {
  if (!at.length) return true;
  return at.at(-1) < record.table[0].length; // its row is shown where it is marked
}

/** Hints, each leading further than the one before; none tells the answer. */
function hintsOf(stage, worked, step, upstreamName) {
  const power = Math.floor(Math.log10(Math.abs(worked.result)));
  const between = Number.isFinite(power) ? `Its size is between ${shortNumber(10 ** power)} and ${shortNumber(10 ** (power + 1))}.` : "What is anything times 0?";
  if (step.kind === "sum") {
    return stage === "sign"
      ? ["Each contribution counts with its sign. Which is the larger in size?", "Look at the contributions in the tables below, at the same place, and add them in your head."]
      : [`Add up the contributions${placed(worked.at)}: they are in the tables below.`, between];
  }
  const factors = factorsHint(worked, step, upstreamName);
  if (worked.terms.length && worked.terms.every((term) => term.local === 1)) {
    const count = worked.terms.length + worked.others;
    const goes = count > 1 ? `${count} elements of ${upstreamName} are added up, each as it is` : `${upstreamName} goes on as it arrives`;
    return stage === "sign"
      ? [`The local derivative is 1: ${goes}.`, `${factors.replace("products are added", "of them are added")}. Which sign does ${count > 1 ? "the sum" : "it"} have?`]
      : [`The local derivative is 1: ${goes}.`, `${factors.replace("products are added", "of them are added")}.`, between];
  }
  return stage === "sign"
    ? [`${worked.terms.length + worked.others > 1 ? "Each product has two factors" : "Two factors"}: what arrives, ${upstreamName}, and the local derivative. Equal signs give a positive product, different ones a negative.`,
      `${factors}. And the local derivative in ${step.rule}: can it be negative there?`]
    : [`Multiply what arrives by the local derivative, as the rule says: ${step.rule}.`,
      `${factors}. For the local derivative put the numbers at that place, from the tables of values, into the rule.`, between];
}

const shortNumber = (number) => (number < 1e-4 || number >= 1e5 ? number.toExponential(2) : String(Number(number.toPrecision(3)))).replace("-", "−");

/** How far the question of a step has been answered. */
function progressOf(position) {
  if (!quiz.asked.has(position)) quiz.asked.set(position, { stage: "sign", wrong: 0, hints: 0, reply: "", tone: "" });
  return quiz.asked.get(position);
}

/** The question of a step; `done(how)` hears of the end: whether the first answers were right, later ones, or none. */
function quizView(step, worked, upstreamName, done) {
  const progress = progressOf(state.position);
  const reply = (text, tone) => {
    Object.assign(progress, { reply: text, tone });
    Object.assign(find("reply"), { textContent: text, className: tone });
  };
  const hints = hintsOf(progress.stage, worked, step, upstreamName);
  const hint = () => {
    if (progress.hints === hints.length) return;
    reply(hints[progress.hints], "");
    progress.hints += 1;
    limit(find("hint"));
  };
  const limit = (asks) => {
    if (progress.hints === hints.length) Object.assign(asks, { textContent: "No more hints", ariaDisabled: "true" });
    return asks;
  };
  const wrongly = (text) => {
    progress.wrong += 1;
    reply(text, "wrong");
  };
  const sign = Math.sign(worked.result);
  const guess = (guessed) => {
    if (guessed !== sign) return wrongly("Not so. " + hintsOf("sign", worked, step, upstreamName)[Math.min(progress.wrong, 1)]);
    Object.assign(progress, { stage: "number", hints: 0 });
    if (!sign) return end();
    reply(`${SIGNS[sign]}: right. Now the number.`, "right");
    show();
    find("answer").focus();
  };
  const end = () => done(progress.wrong ? "later" : "right");
  const check = (event) => {
    event.preventDefault();
    const { number: answer, refused } = numberIn(find("answer").value, "float64");
    if (refused) return reply(refused, "wrong");
    const wrong = mistake(answer, worked, step.kind);
    if (!wrong) return end();
    wrongly(wrong);
    find("answer").select();
  };
  const button = (text, attributes, click) => element("button", { type: "button", ...attributes, on: { click } }, text);
  const help = [limit(button("Hint", { "data-hint": true, title: "A hint costs nothing: only a wrong answer does" }, hint)), button("Show me", { "data-show": true }, () => done("shown"))];
  const asks = progress.stage === "sign"
    ? element("div", { class: "signs", role: "group", "aria-label": "Its sign" },
      ...[1, -1, 0].map((each) => button(SIGNS[each], { "data-sign": String(each) }, () => guess(each))), ...help)
    : element("form", { on: { submit: check } },
      element("input", { type: "text", inputmode: "text", autocomplete: "off", "aria-label": "Your answer", "data-answer": true }),
      element("button", { type: "submit", class: "main" }, "Check"), ...help);
  return element("div", { class: "quiz" },
    quiz.began?.at === state.position && quiz.began.why && progress.stage === "sign" ? element("p", { class: "quiet", "data-began": true }, quiz.began.why) : null,
    element("p", { class: "quiet", "data-question": true }, `Gradient ${gradientSteps.indexOf(state.position) + 1} of ${gradientSteps.length} on the way back`),
    element("h3", {}, progress.stage === "sign" ? "Predict: which sign has " : "What is ", isolated(step.name), `${placed(worked.at)}?`), asks,
    element("p", { role: "status", "data-reply": true, class: progress.tone }, progress.reply),
    progress.stage === "sign" ? null : element("p", { class: "quiet" }, `About is right: an answer may be off by ${100 * ROUNDED} %, as the numbers shown have three digits.`));
}

/** The score beside the steps; it is kept while one looks around, and in the address. */
function showScore() {
  find("score").hidden = !state.quiz;
  find("score").replaceChildren(state.answers.size ? score() : "Predict each gradient");
}

/** Why the quiz asks for nothing. */
const nothingAsked = () => (state.quiz && quiz.none && !asked() ? [element("p", { class: "quiz", "data-nothing": true }, quiz.none)] : []);

/** At the last step: nothing is to be predicted after it, but what was passed over before. */
function quizEnds(position) {
  if (!state.quiz || asked() || position < steps.length || quiz.none) return [];
  const left = gradientSteps.filter((step) => !state.answers.has(step)).length;
  const rest = left ? [`${left} before ${left === 1 ? "is" : "are"} not answered: `, element("button", { type: "button", class: "factor", "data-rest": true, on: { click: () => { beginQuiz(); show(); } } }, "go to the next of them")] : ["Every gradient is answered. Quiz closes it, and keeps the score."];
  return [element("p", { class: "quiz", "data-ends": true }, `The last step: there is nothing to predict after it. ${state.answers.size ? `Right: ${score()}. ` : ""}`, ...rest)];
}

const LETTERS = { r: "right", l: "later", s: "shown" };

function makeQuiz() {
  inAddress("quiz", () => (state.quiz ? "on" : state.answers.size ? "off" : "") + [...state.answers].map(([position, how]) => ` ${position}${how[0]}`).join(""), (text) => {
    const [on, ...answers] = text.split(" ");
    state.quiz = on === "on" && steps.length > forwardSteps;
    state.answers.clear();
    for (const answer of answers) {
      const position = wholeNumber(answer.slice(0, -1), steps.length);
      if (position && LETTERS[answer.at(-1)]) state.answers.set(position, LETTERS[answer.at(-1)]);
    }
  });
}
