// The circuit on paper: in pieces that a sheet holds, cut only where nothing but upright wires and frames goes on.
const MILLIMETRE = 96 / 25.4;
const PAPER = { width: 186, height: 250 }; // millimetres: what both A4 and Letter have within their margins
const SMALLEST_LETTERS = 6; // points
const CAPTION = 8; // millimetres for what stands above or below a piece
const CLEAR = 4; // how far a cut stays away from what is drawn
const drawing = svg.querySelector("g.graph");

/** What no cut goes through, from where to where on the way down, and the upright lines of wires and frames. */
function standing() {
  const solid = [];
  const upright = [];
  for (const each of drawing.querySelectorAll("g.node, .edge polygon, .cluster text")) {
    const { y, height } = each.getBBox();
    solid.push([y, y + height]);
  }
  for (const path of drawing.querySelectorAll(".edge path, .cluster path")) {
    const group = path.closest(".edge, .cluster");
    const box = group.getBBox();
    const numbers = path.getAttribute("d").match(/-?[\d.]+/g).map(Number);
    for (let i = 0; i + 3 < numbers.length; i += 2) {
      const [x, from, next, to] = numbers.slice(i, i + 4);
      const [top, bottom] = [Math.min(from, to), Math.max(from, to)];
      if (Math.abs(next - x) > 0.5) solid.push([top, bottom]);
      else upright.push({ x, top, bottom, group, ends: [box.y, box.y + box.height] });
    }
  }
  return { solid, upright };
}

/** The middles of the gaps on the way down. */
function gapsIn(solid) {
  const gaps = [];
  let clear = Infinity;
  for (const [top, bottom] of solid.toSorted(([one], [other]) => one - other)) {
    if (top - CLEAR > clear) gaps.push((clear + top - CLEAR) / 2);
    clear = clear === Infinity ? bottom + CLEAR : Math.max(clear, bottom + CLEAR);
  }
  return gaps;
}

const [FEED, STUB] = [80, 50]; // how long a wire is that feeds what is below it, and the end of a frame that nothing stands in

/** How little a cut is liked for a line that it goes through: a frame more than a wire, and least one close to its end. */
function dislike({ group, ends }, at) {
  if (group.classList.contains("cluster")) return Math.min(at - ends[0], ends[1] - at) < STUB ? 400 : 100;
  return ends[1] - ends[0] < FEED && data.nodes[keyOnWire(group.id)].kind !== "operation" ? 400 : 1;
}

/** Where to cut: into as few pieces as their sheets have room for, and there where it is disliked least. */
function cutsOf({ y, height }, { solid, upright }, roomFor, scale) {
  const ends = [y, ...gapsIn(solid), y + height];
  const last = ends.length - 1;
  const disliked = ends.map((at) => crossing(upright, at).reduce((sum, line) => sum + dislike(line, at), 0));
  const best = [{ cost: 0, ends: [y] }];
  for (let i = 1; i <= last; i++) {
    for (let k = i - 1; k >= 0; k--) {
      const over = ((ends[i] - ends[k]) * scale) / roomFor(k === 0, i === last);
      const cost = best[k].cost + disliked[i] + 1e5 * (over > 1 ? 10 * over : 1); // what has no gap is made to fit
      if (!best[i] || cost < best[i].cost) best[i] = { cost, ends: [...best[k].ends, ends[i]] };
      if (over > 1) break;
    }
  }
  return best.at(-1).ends;
}

/** The upright lines that go through a height, from left to right. */
const crossing = (upright, at) => upright.filter(({ top, bottom }) => top < at && at < bottom).sort((one, other) => one.x - other.x);

/** How large it is printed: in pixels for a unit of the drawing. All on one sheet where its letters can be read there. */
function scaleOnPaper(room) {
  const letters = Math.min(...[...svg.querySelectorAll("text")].map((text) => Number(text.getAttribute("font-size"))));
  const wide = Math.min((PAPER.width * MILLIMETRE) / extent.width, 4 / 3);
  const all = Math.min(wide, room / extent.height);
  return all * letters * 0.75 >= SMALLEST_LETTERS ? all : wide;
}

/** The part of the drawing from one height to another. */
function partOf(top, bottom, scale) {
  const part = svg.cloneNode(false);
  const inside = drawing.cloneNode(false);
  const start = drawing.getBBox().y;
  for (const group of drawing.querySelectorAll("g.node, g.edge, g.cluster")) {
    const { y, height } = group.getBBox();
    if (y < bottom && y + height > top) inside.append(group.cloneNode(true));
  }
  for (const each of [part, inside, ...inside.querySelectorAll("[id]")]) each.removeAttribute("id");
  part.append(inside);
  part.setAttribute("viewBox", `0 ${top - start} ${extent.width} ${bottom - top}`);
  part.setAttribute("style", `width: ${extent.width * scale}px`);
  return part;
}

/** What goes through a cut: the frames, from the outermost, or the wires, from left to right. */
const groupsIn = (lines, kind) => [...new Set(lines.map(({ group }) => group))].filter((group) => group.classList.contains(kind));

/** A caption that says which values the wires have that go through a cut; none where none does. */
function captionOf(words, lines) {
  const names = [...new Set(groupsIn(lines, "edge").map((group) => nameOf(keyOnWire(group.id))))];
  const said = names.length ? `${words}: ${names.join("; ")}${names.length > 1 ? " (from left to right)" : ""}` : "";
  const frames = words.startsWith("From") ? groupsIn(lines, "cluster").map((group) => plainText(group.querySelector("text"))).join(" › ") : "";
  return element("figcaption", {}, [frames && `In ${frames}`, said].filter(Boolean).join(". "));
}

/** The circuit as figures, each with what comes from the sheet before it, and what goes on to the next. */
function piecesView(head) {
  const found = standing();
  const roomFor = (first, last) => (PAPER.height - (first ? 0 : CAPTION) - (last ? 0 : CAPTION)) * MILLIMETRE - (first ? head : 0);
  const scale = scaleOnPaper(roomFor(true, true));
  const ends = cutsOf(drawing.getBBox(), found, roomFor, scale);
  const lines = ends.map((at) => crossing(found.upright, at));
  return ends.slice(1).map((bottom, k) => element("figure", {},
    k ? captionOf("From the sheet before", lines[k]) : null,
    partOf(ends[k], bottom, scale),
    k < ends.length - 2 ? captionOf("To the next sheet", lines[k + 1]) : null));
}
