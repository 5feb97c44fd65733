// The panel of the training: steps, learning rate, the loss as a curve, and new points by a click into the plane.
const running = { left: 0 };
const trainButton = (count) => element("button", { type: "button", "data-train": count, on: { click: () => begin(count) } }, count === 1 ? "1 step" : `${count} steps`);
const rateField = element("input", { type: "text", inputmode: "decimal", autocomplete: "off", value: "0.1", "data-rate": true, on: { change: readRate } });
const trainParts = {
  rate: element("p", { class: "wrong", role: "status", "data-rate-note": true }),
  count: element("p", { class: "quiet", "data-trained": true }),
  curve: element("figure", { "data-curve": true }),
  verdict: element("p", { role: "status", "data-diverges": true }),
  gradients: element("details", { "data-gradients": true }),
  label: element("select", { "data-new-label": true, "aria-label": "Class of a new point" }),
};

function readRate() {
  const asking = "A learning rate is a number above 0, such as 0.1.";
  const { number: rate, refused = rate > 0 ? "" : asking } = numberIn(rateField.value, dtypeOfRate(), asking);
  rateField.setAttribute("aria-invalid", String(Boolean(refused)));
  say(trainParts.rate, refused && `${refused} It is ${training.rate} still.`);
  if (refused) return;
  setRate(rate);
  writeAddress();
}

function rateFromAddress(text) {
  if (!data.training.rate) return;
  const rate = Number(text) > 0 && Number.isFinite(Number(text)) ? Number(text) : FIRST_RATE;
  rateField.value = String(rate);
  readRate();
}

/** Train so many steps, a few in each frame so that one sees it; a second click stops. */
function begin(count) {
  if (running.left) {
    running.left = 0;
    return;
  }
  running.left = count;
  trainParts.count.setAttribute("data-trained", "");
  requestAnimationFrame(goOn);
}

function goOn() {
  const end = performance.now() + 25;
  while (running.left > 0 && performance.now() < end) running.left = train(1) ? running.left - 1 : 0;
  refresh();
  if (running.left > 0) requestAnimationFrame(goOn);
  else trainParts.count.setAttribute("data-trained", "done");
}

function restart() {
  running.left = 0;
  resetTraining();
  refresh();
}

/** What a training shows: the steps taken, the loss as a curve, and what it says of the learning rate. */
function showTraining() {
  const { losses, steps } = training;
  say(trainParts.count, `${counted(steps)} taken; the loss is ${numberText(isKnown(data.training.loss) ? lossNow() : NaN)}`);
  const { text, calm } = verdict();
  say(trainParts.verdict, text);
  trainParts.verdict.classList.toggle("calm", Boolean(calm));
  showGradients();
  trainParts.curve.hidden = losses.length < 2;
  if (losses.length < 2) return;
  const up = scaleOfLoss(losses);
  const peak = losses.indexOf(Math.max(...losses.filter(Number.isFinite)));
  const highest = peak > 0 && peak < steps ? `, at most ${numberText(losses[peak])} after step ${peak}` : "";
  const label = `The loss over ${counted(steps)}: from ${numberText(losses[0])} to ${numberText(losses.at(-1))}${highest}${up.powers ? "; on a scale of powers of ten" : ""}`;
  trainParts.curve.replaceChildren(
    plotted([{ points: thinned(losses.map((loss, step) => [step, loss])), colour: INK() }], [{ at: [0, losses[0]], colour: INK() }], label, { up, whole: true }),
    element("figcaption", { class: "quiet" }, label));
}

/** Some of the points where there are many: of each few the lowest, the highest and what is no number. */
function thinned(points, most = 400) {
  const count = Math.ceil(points.length / most);
  if (count < 3) return points;
  return points.filter(([, y], i) => {
    const few = points.slice(i - (i % count), i - (i % count) + count).map((at) => at[1]).filter(Number.isFinite);
    return !Number.isFinite(y) || i === points.length - 1 || y === Math.min(...few) || y === Math.max(...few);
  });
}

/** A click into the plane is a new row of the chosen class; one with Ctrl, or ⌘, takes away the point that is nearest. */
function pointAt(event) {
  const canvas = event.target.closest("[data-plane] canvas");
  if (!canvas || !canGrow) return;
  const box = canvas.getBoundingClientRect();
  const { low, high } = onGrid.frame;
  const part = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  const place = part.map((each, k) => low[k] + each * (high[k] - low[k]));
  if (event.ctrlKey || event.metaKey) removePoint(...place);
  else addPoint(...place, Number(trainParts.label.value));
  refresh();
}

const parametersWithGradients = () => Object.keys(data.nodes).filter((key) => data.nodes[key].kind === "parameter" && isKnown(`gradient ${key}`));

/** The parameters by how large their gradients are, each a button that opens it. */
function gradientsView() {
  if (parametersWithGradients().length < 2) return null;
  const view = trainParts.gradients;
  view.append(element("summary", {}, "The gradients of the parameters, the largest first"), element("div"));
  view.addEventListener("toggle", showGradients);
  return view;
}

function showGradients() {
  const view = trainParts.gradients;
  if (!view.open) return;
  const parameters = parametersWithGradients();
  const sizes = parameters.map((key) => [key, flowOf(now.gradients[key])]).sort((a, b) => b[1] - a[1]);
  view.lastElementChild.replaceChildren(element("p", { class: "quiet" }, "By the root mean square of their elements, as the numbers are now:"), element("p", {},
    ...sizes.flatMap(([key, size]) => [element("button", { type: "button", class: "factor", on: { click: () => open(key) } }, `${nameOf(key)}: ${numberText(size)}`), " "])));
}

const canGrow = Boolean(data.plane) && !program.fixes().length;

function buildTraining() {
  const rate = data.training.rate
    ? [element("label", {}, "Learning rate ", rateField)]
    : [element("p", { class: "quiet" }, "A step is the optimizer's that the page was made with.")];
  const why = element("p", { class: "quiet" }, "It cannot be trained here: what the page cannot compute follows from its parameters.");
  const head = element("div", { "data-train-panel": true }, element("h2", {}, "Train"),
    ...(canTrain ? [...rate, element("div", { class: "row" }, trainButton(1), trainButton(10), trainButton(100), element("button", { type: "button", "data-reset": true, on: { click: restart } }, "Reset")), trainParts.rate, trainParts.count, trainParts.verdict, trainParts.curve, gradientsView()] : [why]));
  if (updatesOf.length) find("training").prepend(head);
  if (canGrow) {
    const classes = arrayOf("plane").shape[1];
    trainParts.label.append(...Array.from({ length: classes }, (_, k) => element("option", { value: k }, `class ${k}`)));
    find("plane").after(element("p", { class: "quiet" }, "A click into the plane adds a point of ", trainParts.label, "; with Ctrl or ⌘ held it takes the nearest away."));
    find("plane").addEventListener("click", pointAt);
  }
}
