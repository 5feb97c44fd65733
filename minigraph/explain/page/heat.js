// A heat-map: a picture of an array's numbers, of which each cell says on being pointed at which elements it is.
const indexText = (place) => `[${place.join(", ")}]`;

/** Which elements a cell is: the first and the last of its rows and of its columns, as indices along all axes. */
function cellOf({ heat, array }, row, column) {
  const [top, left] = [heat.tops[row], heat.lefts[column]];
  const [bottom, right] = [heat.tops[row + 1] - 1, heat.lefts[column + 1] - 1];
  const before = array.shape.slice(0, -1);
  const place = (i, k) => [...(array.shape.length > 1 ? unraveledIn(i, before) : []), k];
  return { first: place(top, left), last: place(bottom, right), count: (bottom - top + 1) * (right - left + 1) };
}

/** A cell in words: `[3, 120]: 0.034`, or for several elements from where to where, and their mean. */
function cellText(record, row, column) {
  const { first, last, count } = cellOf(record, row, column);
  const number = numberText(record.heat.numbers[row * record.heat.columns + column]);
  if (count === 1) return `${indexText(first)} = ${number}`;
  const ranges = first.map((from, axis) => (from === last[axis] ? String(from) : `${from} to ${last[axis]}`));
  const block = first.slice(0, -2).every((from, axis) => from === last[axis]); // else its rows are of several matrices
  return `${block ? indexText(ranges) : `${indexText(first)} to ${indexText(last)}`}: mean ${number} of ${count}`;
}

/** Where the largest element of a cell is. */
function largestInCell({ heat, array }, row, column) {
  const columns = array.shape.at(-1);
  let best = heat.tops[row] * columns + heat.lefts[column];
  for (let i = heat.tops[row]; i < heat.tops[row + 1]; i++) {
    for (let n = i * columns + heat.lefts[column]; n < i * columns + heat.lefts[column + 1]; n++) if (Math.abs(array.data[n]) > Math.abs(array.data[best])) best = n;
  }
  return unraveledIn(best, array.shape);
}

function heatView(record, title) {
  const { rows, columns, largest, cells, means } = record.heat;
  const { count, largest: size } = record.moments;
  const hidden = record.array.size - count;
  if (!count) return [element("p", { class: "quiet" }, "no number is finite")];
  const scale = largest !== "0" ? `blue: down to −${largest}; orange: up to ${largest}` : size ? "every mean is 0" : "every finite number is 0";
  if (!size && !hidden) return [element("p", { class: "quiet" }, "every number is 0")];
  const canvas = painted(columns, rows, (i) => heatColour(cells[i]), { class: "heat", "aria-label": `Heat-map of ${title}: ${record.details}` });
  canvas.style.height = `${Math.max(14, Math.min(120, rows * 8))}px`;
  return [
    element("div", { class: "heat-map", tabindex: "0", role: "application", "aria-label": `Cells of the heat-map of ${title}` }, canvas, element("span", { class: "cell", hidden: true })),
    element("p", { class: "quiet" }, `${scale}${means ? "; each cell is the mean of several" : ""}${hidden ? "; purple: not finite" : ""}`),
    element("p", { class: "quiet", "data-cell": true, role: "status" }, "Point at a cell, or use the arrows."),
  ];
}

// The document hears of all heat-maps: a map is made like another where its array changes, and has no rules of its own.
const mapAt = (event) => event.target.closest?.(".heat-map");
const recordAt = (map) => map.closest("array-view").shows[0];
const cellAt = (map) => map.getAttribute("data-at")?.split(",").map(Number);

/** Mark a cell of a map, or the nearest that there is, and say which elements it is. */
function markCell(map, row, column) {
  const record = recordAt(map);
  const { rows, columns } = record.heat;
  const at = [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))];
  map.setAttribute("data-at", at);
  const marked = map.querySelector(".cell");
  marked.hidden = false;
  Object.assign(marked.style, { left: `${(100 * at[1]) / columns}%`, top: `${(100 * at[0]) / rows}%`, width: `${100 / columns}%`, height: `${100 / rows}%` });
  say(map.parentElement.querySelector("[data-cell]"), cellText(record, ...at));
}

for (const kind of ["pointermove", "pointerdown"]) {
  document.addEventListener(kind, (event) => {
    const map = mapAt(event);
    if (!map || drag) return;
    const { rows, columns } = recordAt(map).heat;
    const box = map.firstChild.getBoundingClientRect();
    markCell(map, Math.floor(((event.clientY - box.top) / box.height) * rows), Math.floor(((event.clientX - box.left) / box.width) * columns));
  });
}
document.addEventListener("focusin", (event) => mapAt(event) && !cellAt(mapAt(event)) && markCell(mapAt(event), 0, 0));
document.addEventListener("keydown", (event) => {
  const map = mapAt(event);
  const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [0, 0] }[event.key];
  if (!map || !by || event.ctrlKey || event.altKey || event.metaKey) return;
  const at = cellAt(map) ?? [0, 0];
  event.preventDefault();
  event.stopImmediatePropagation(); // the arrows are not steps here
  if (event.key === "Enter") map.click();
  else markCell(map, at[0] + by[0], at[1] + by[1]);
});
document.addEventListener("click", (event) => {
  const map = mapAt(event);
  const at = map && event.pointerType !== "touch" && cellAt(map);
  if (!at || !(recordAt(map).of in data.nodes)) return;
  const label = map.getAttribute("aria-label");
  openAt(recordAt(map).of, largestInCell(recordAt(map), ...at));
  for (const each of document.querySelectorAll(".heat-map")) if (each.getAttribute("aria-label") === label) markCell(each, ...at);
});
