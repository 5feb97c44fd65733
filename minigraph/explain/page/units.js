// What each unit of a layer is over the plane of a classifier of points: one small picture for each, on the same colours.
const MOST_UNITS = 12;

/** The values of a node on the plane's grid, a column for each unit; undefined where it has none, or is not of the points alone. */
function onPlane(key) {
  const number = data.program.outputs[`value ${key}`];
  if (!data.plane || number === undefined) return undefined;
  const followed = program.leavesOf(number);
  if (!followed.has(data.plane.points) || followed.has(data.plane.labels) || !planeNow()) return undefined;
  const { shape } = arrayOf(`value ${key}`);
  return shape.length === 2 && shape[0] === program.leaves.get(data.plane.points).shape[0] ? asArray(onGrid.program.value(number)) : undefined;
}

function unitsView(key) {
  const values = onPlane(key);
  if (!values) return [];
  const [cells, units] = values.shape;
  const grid = Math.sqrt(cells);
  const largest = momentsOf(values).largest || 1;
  const picture = (unit) => painted(grid, grid, (cell) => heatColour(evenly(127 + (127 * values.data[cell * units + unit]) / largest)), {
    class: "unit", "aria-label": `Unit ${unit} over the plane`, title: `unit ${unit}`,
  });
  const shown = Math.min(units, MOST_UNITS);
  return [element("h3", {}, "Each unit over the plane"),
    element("div", { class: "units", "data-units": units }, ...Array.from({ length: shown }, (_, unit) => picture(unit))),
    element("p", { class: "quiet" }, `blue: down to −${numberText(largest)}; orange: up to ${numberText(largest)}${units > shown ? `; and ${units - shown} more units` : ""}`)];
}
