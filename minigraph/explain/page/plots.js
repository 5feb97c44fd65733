// A small plot: lines through places of the plane, and marks at some.
const INK = () => (dark.matches ? "#e7ebf0" : "#1f2937");

/** A plot of lines, each `{ points, colour, dashed }`, and marks `{ at, colour }`; `label` says it in words. */
function plotted(lines, marks, label, [width, height] = [320, 160]) {
  const canvas = element("canvas", { width: 2 * width, height: 2 * height, role: "img", "aria-label": label, class: "plot" });
  const shown = [...lines.flatMap((line) => (line.sets === false ? [] : line.points)), ...marks.map((mark) => mark.at)].filter((at) => at.every(Number.isFinite));
  if (!shown.length) return canvas;
  const ends = (k) => [Math.min(...shown.map((at) => at[k])), Math.max(...shown.map((at) => at[k]))];
  const [[left, right], [low, high]] = [ends(0), ends(1)];
  const [wide, tall] = [right - left || 1, high - low || Math.abs(high) || 1];
  const place = ([x, y]) => [14 + ((x - left) / wide) * (2 * width - 28), 2 * height - 14 - ((y - low) / tall) * (2 * height - 28)];
  const context = canvas.getContext("2d");
  context.lineWidth = 3;
  for (const { points, colour, dashed } of lines) {
    context.beginPath();
    context.setLineDash(dashed ? [10, 8] : []);
    context.strokeStyle = colour;
    points.forEach((at) => at.every(Number.isFinite) && context.lineTo(...place(at)));
    context.stroke();
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
