// The drawing in its frame: zoomed, moved, following the steps, with a small map where it is larger than the frame.
const READABLE = 0.9; // below this its letters cannot be read
const [SMALLEST, LARGEST] = [0.1, 4];
const frame = circuit.querySelector("[data-frame]");
const extent = svg.viewBox.baseVal;
const motion = matchMedia("(prefers-reduced-motion: reduce)");
const sight = { zoom: 1, fitted: "readable" };

const within = (number, least, most) => Math.min(Math.max(number, least), most);

const wideZoom = () => (frame.clientWidth - 16) / extent.width;

/** How large all of it is in its frame. */
const wholeZoom = () => within(Math.min(wideZoom(), (frame.clientHeight - 16) / extent.height), SMALLEST, 1.5);

/** All of it where that can be read, or else as wide as its frame, or else as large as can be read. */
const readableZoom = () => (wholeZoom() >= READABLE ? wholeZoom() : within(wideZoom(), READABLE, 1));

/** Show it at another size; what is at a point of the frame, or in its middle, stays there. */
function zoomTo(zoom, across = frame.clientWidth / 2, down = frame.clientHeight / 2) {
  const at = frame.getBoundingClientRect();
  const before = svg.getBoundingClientRect();
  const [x, y] = [(at.left + across - before.left) / sight.zoom, (at.top + down - before.top) / sight.zoom];
  sight.zoom = within(zoom, SMALLEST, LARGEST);
  svg.style.width = `${extent.width * sight.zoom}px`;
  svg.style.height = `${extent.height * sight.zoom}px`;
  const after = svg.getBoundingClientRect();
  const [left, top] = [after.left + x * sight.zoom - at.left - across, after.top + y * sight.zoom - at.top - down];
  frame.scrollBy({ left, top, behavior: "instant" });
  showMap();
}

/** Fit it to its frame, to be read or as a whole. */
function fit(how = "readable") {
  if (!frame.clientWidth) return;
  zoomTo(how === "whole" ? wholeZoom() : readableZoom());
  setFitted(how);
}

/** The button fits it to be read, and then as a whole, where that is smaller; where there is nothing more to fit it says so. */
function setFitted(how) {
  sight.fitted = how;
  const [readable, smaller] = [how === "readable", wholeZoom() < readableZoom()];
  const button = circuit.querySelector("[data-zoom=fit]");
  say(button, readable && smaller ? "All" : "Fit");
  button.setAttribute("aria-label", readable && smaller ? "Show all of the circuit" : "Fit the circuit to its place");
  button.setAttribute("aria-disabled", String(readable && !smaller));
}

function zoomBy(factor, across, down) {
  zoomTo(sight.zoom * factor, across, down);
  setFitted("");
  writeAddress();
}

const zooms = { in: () => zoomBy(1.25), out: () => zoomBy(0.8), fit: () => { fit(sight.fitted === "readable" ? "whole" : "readable"); followNow(); writeAddress(); } };

/** Bring what a step touches into the middle, in both directions, where it is not in sight; of what is too large the first. */
function follow(places) {
  if (!places.length || frame.classList.contains("moving")) return;
  const boxes = places.map((place) => place.getBoundingClientRect());
  const at = frame.getBoundingClientRect();
  const shift = (low, high, start, size) => {
    let [first, last] = [Math.min(...boxes.map((box) => box[low])) - start, Math.max(...boxes.map((box) => box[high])) - start];
    if (last - first > size - 48) [first, last] = [boxes[0][low] - start, boxes[0][high] - start];
    if (first >= 24 && last <= size - 24) return 0;
    return last - first > size - 48 ? first - 24 : (first + last - size) / 2;
  };
  const [left, top] = [shift("left", "right", at.left, frame.clientWidth), shift("top", "bottom", at.top, frame.clientHeight)];
  if (left || top) frame.scrollBy({ left, top });
}

const followNow = () => follow([...svg.querySelectorAll(".now-forward, .now-back")]);

const SVG = svg.namespaceURI;
const map = { view: document.createElementNS(SVG, "svg"), places: new Map(), seen: document.createElementNS(SVG, "rect") };

/** A rectangle for each node of the drawing. */
function makeMap() {
  map.view.setAttribute("class", "map");
  map.view.setAttribute("aria-hidden", "true");
  map.view.setAttribute("viewBox", `0 0 ${extent.width} ${extent.height}`);
  const most = within(frame.clientWidth / 4, 72, 150);
  const scale = Math.min(most / extent.width, most / extent.height);
  map.view.style.width = `${Math.max(36, extent.width * scale)}px`;
  map.view.style.height = `${extent.height * scale}px`;
  const start = svg.getBoundingClientRect();
  for (const group of svg.querySelectorAll("g.node[role=button]")) {
    const box = group.getBoundingClientRect();
    const place = rectangle(document.createElementNS(SVG, "rect"), [
      box.left - start.left, box.top - start.top, box.width, box.height].map((number) => number / sight.zoom));
    map.places.set(group, place);
    map.view.append(place);
  }
  map.seen.setAttribute("class", "seen");
  map.view.append(map.seen);
  circuit.append(map.view);
  map.view.addEventListener("pointerdown", (event) => {
    map.view.setPointerCapture(event.pointerId);
    lookAt(event);
  });
  map.view.addEventListener("pointermove", (event) => event.buttons && lookAt(event));
}

function rectangle(made, [x, y, width, height]) {
  for (const [name, number] of Object.entries({ x, y, width, height })) made.setAttribute(name, Math.max(0, number));
  return made;
}

/** Where the frame looks, on the map, which is there only where the frame does not show all. */
function showMap() {
  const all = svg.clientWidth <= frame.clientWidth + 1 && svg.clientHeight <= frame.clientHeight + 1;
  map.view.style.display = all ? "none" : "";
  if (all) return;
  rectangle(map.seen, [frame.scrollLeft, frame.scrollTop, frame.clientWidth, frame.clientHeight].map((number) => number / sight.zoom));
  for (const [group, place] of map.places) {
    const now = group.classList.contains("now-forward") ? "now" : group.classList.contains("now-back") ? "back" : "";
    place.setAttribute("class", now);
  }
}

/** Look at the place of the drawing that was pressed on the map. */
function lookAt(event) {
  const box = map.view.getBoundingClientRect();
  const scale = Math.min(box.width / extent.width, box.height / extent.height);
  const x = (event.clientX - box.left - (box.width - extent.width * scale) / 2) / scale;
  const y = (event.clientY - box.top - (box.height - extent.height * scale) / 2) / scale;
  frame.scrollTo({ left: x * sight.zoom - frame.clientWidth / 2, top: y * sight.zoom - frame.clientHeight / 2, behavior: "instant" });
}

/** A mouse moves the drawing by dragging it; fingers scroll it as they scroll anything. */
function makeMovable() {
  let from = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) from = { x: event.clientX, y: event.clientY };
  });
  frame.addEventListener("pointermove", (event) => {
    if (!from || !event.buttons) return;
    const moved = frame.classList.contains("moving");
    if (!moved && Math.hypot(event.clientX - from.x, event.clientY - from.y) < 5) return;
    if (!moved) frame.setPointerCapture(event.pointerId);
    frame.classList.add("moving");
    frame.scrollBy({ left: from.x - event.clientX, top: from.y - event.clientY, behavior: "instant" });
    from = { x: event.clientX, y: event.clientY };
  });
  const end = () => {
    from = null;
    setTimeout(() => frame.classList.remove("moving"));
  };
  frame.addEventListener("pointerup", end);
  frame.addEventListener("pointercancel", end);
  frame.addEventListener("click", (event) => frame.classList.contains("moving") && event.stopPropagation(), true);
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const at = frame.getBoundingClientRect();
    zoomBy(Math.exp(-event.deltaY / 300), event.clientX - at.left, event.clientY - at.top);
  }, { passive: false });
  frame.addEventListener("scroll", showMap, { passive: true });
}

/** Within the circuit, which is one stop of the tabulator, the arrows go from node to node. */
function makeWalkable() {
  const nodes = [...svg.querySelectorAll("g.node[role=button]")];
  const stop = (node) => {
    for (const each of nodes) each.setAttribute("tabindex", each === node ? "0" : "-1");
  };
  if (nodes.length) stop(nodes[0]);
  svg.addEventListener("focusin", (event) => {
    const node = event.target.closest("g.node[role=button]");
    if (node) stop(node);
  });
  circuit.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const node = event.target.closest("g.node[role=button]");
    const does = { "+": zooms.in, "=": zooms.in, "-": zooms.out, "−": zooms.out, 0: zooms.fit }[event.key];
    if (by && node) {
      const next = nodes[within(nodes.indexOf(node) + by, 0, nodes.length - 1)];
      next.focus({ preventScroll: true });
      follow([next]);
    } else if (does) does();
    else return;
    event.preventDefault();
  });
}

function makeView() {
  fit();
  makeMap();
  makeMovable();
  makeWalkable();
  showMap();
  for (const [name, does] of Object.entries(zooms)) circuit.querySelector(`[data-zoom="${name}"]`).addEventListener("click", does);
  new ResizeObserver(() => {
    if (sight.fitted) fit(sight.fitted);
    followNow();
  }).observe(frame);
}

/** Where it is looked at, where that is not how it is at first. */
function readSight() {
  if (sight.fitted) return sight.fitted === "whole" ? "whole" : "";
  const middle = [(frame.scrollLeft + frame.clientWidth / 2) / sight.zoom, (frame.scrollTop + frame.clientHeight / 2) / sight.zoom];
  return [sight.zoom.toFixed(2), ...middle.map(Math.round)].join(" ");
}

function writeSight(text) {
  const [zoom, x, y] = text.split(" ").map(Number);
  if (!(zoom > 0) || !Number.isFinite(x + y)) return fit(text === "whole" ? text : "readable");
  zoomTo(zoom);
  setFitted("");
  const [left, top] = [x * sight.zoom - frame.clientWidth / 2, y * sight.zoom - frame.clientHeight / 2];
  frame.scrollTo({ left, top, behavior: "instant" });
}
