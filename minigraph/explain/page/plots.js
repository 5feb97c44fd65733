// A small plot: lines through places of the plane, with numbers at its axes, and marks at some.
const INK = () => (dark.matches ? "#e7ebf0" : "#1f2937");
const GRID_COLOUR = () => (dark.matches ? "#3a4452" : "#d3d8df");
const DECADES = 100; // so many times the least number is the largest, where a scale goes by powers of ten

/** Round numbers from one to another, about so many, each as text with the digits that tell them apart. */
function ticksOf(low, high, about, whole = false) {
  const power = 10 ** Math.floor(Math.log10((high - low) / about));
  const step = Math.max(whole ? 1 : 0, [1, 2, 5, 10].find((each) => each * power >= (high - low) / about) * power);
  const numbers = Array.from({ length: Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1 }, (_, i) => (Math.ceil(low / step - 1e-9) + i) * step);
  const digits = within(1 + Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / step) - 1e-9), 3, 12);
  return numbers.map((x) => [x, numberText(Number(x.toPrecision(12)), step / 2, digits)]);
}

/** Where numbers stand along an axis, from 0 to 1: evenly. */
function evenScale(numbers, about, whole = false) {
  let [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  if (!(high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high)))) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  return { place: (x) => (x - low) / (high - low), ticks: ticksOf(low, high, about, whole) };
}

/** The scale of a loss: by powers of ten where it goes through several, with 0 below all of them. */
function scaleOfLoss(losses) {
  const numbers = losses.filter(Number.isFinite);
  const positive = numbers.filter((x) => x > 0);
  const [least, most] = [Math.min(...positive), Math.max(...positive)];
  if (numbers.some((x) => x < 0) || !(most / least > DECADES)) return evenScale(numbers, 5);
  const floor = positive.length < numbers.length ? 0.12 : 0;
  const place = (x) => (x > 0 ? floor + ((1 - floor) * Math.log(x / least)) / Math.log(most / least) : 0);
  const [first, last] = [Math.ceil(Math.log10(least) - 1e-9), Math.floor(Math.log10(most) + 1e-9)];
  const every = Math.ceil((last - first + 1) / 5);
  const ticks = Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => 10 ** (first + i * every)).map((x) => [x, numberText(Number(x.toPrecision(3))).replace(/^1·/, "")]);
  return { place, ticks: floor ? [[0, "0"], ...ticks] : ticks, powers: true };
}

/** A plot of lines, each `{ points, colour, dashed }`, and marks `{ at, colour }`; `label` says it in words.

A place that is not finite breaks its line; where it is, is told by its name.
*/
function plotted(lines, marks, label, { up, whole } = {}) {
  const [width, height] = [640, 340];
  const canvas = element("canvas", { width, height, role: "img", "aria-label": label, class: "plot" });
  const placed = [...lines.flatMap((line) => (line.sets === false ? [] : line.points)), ...marks.map((mark) => mark.at)].filter(([x]) => Number.isFinite(x));
  const shown = placed.filter(([, y]) => Number.isFinite(y));
  if (!shown.length) return canvas;
  const context = canvas.getContext("2d");
  context.font = "22px system-ui, sans-serif";
  const x = evenScale(placed.map((at) => at[0]), 4, whole);
  const y = up ?? evenScale(shown.map((at) => at[1]), 5);
  const left = 24 + Math.max(...y.ticks.map(([, text]) => context.measureText(text).width));
  const place = ([across, high]) => [left + x.place(across) * (width - left - 40), height - 48 - y.place(high) * (height - 68)];
  const line = (points, colour, dash = []) => {
    context.beginPath();
    context.setLineDash(dash);
    context.strokeStyle = colour;
    let on = false;
    for (const at of points) {
      const finite = at.every(Number.isFinite);
      if (finite) context[on ? "lineTo" : "moveTo"](...place(at));
      on = finite;
    }
    context.stroke();
  };
  const write = (text, across, down, align) => {
    context.fillStyle = INK();
    context.textAlign = align;
    context.fillText(text, across, down);
  };
  const [bottom, top] = [height - 48, 20];
  context.lineWidth = 1;
  for (const [number, text] of y.ticks) {
    const down = bottom - y.place(number) * (bottom - top);
    context.fillStyle = GRID_COLOUR();
    context.fillRect(left, down, width - left - 40, 1.5);
    write(text, left - 10, down + 8, "right");
  }
  for (const [number, text] of x.ticks) write(text, left + x.place(number) * (width - left - 40), height - 12, "center");
  context.save();
  context.beginPath();
  context.rect(left - 8, 0, width - left - 16, bottom + 12);
  context.clip();
  context.lineWidth = 3;
  for (const { points, colour, dashed } of lines) line(points, colour, dashed ? [10, 8] : []);
  context.restore();
  for (const [across, high] of placed.filter(([, high]) => !Number.isFinite(high))) {
    const at = left + x.place(across) * (width - left - 40);
    context.setLineDash([4, 6]);
    context.strokeStyle = GRADIENT_COLOUR;
    context.strokeRect(at, top, 0, bottom - top);
    write(numberText(high), at - 8, top + 16, "right");
  }
  for (const { at, colour } of marks) {
    if (!at.every(Number.isFinite)) continue;
    context.beginPath();
    context.fillStyle = colour;
    context.arc(...place(at), 8, 0, 2 * Math.PI);
    context.fill();
  }
  return canvas;
}
