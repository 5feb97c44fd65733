// What is shown, in the part of the address after its #: whoever opens it sees the same. Each part is read and written by its owner.
const address = { parts: new Map(), timer: null, reading: false };

/** A part of the address: `read()` gives its text, empty where nothing is to be kept, and `write(text)` takes it back. */
function inAddress(name, read, write) {
  address.parts.set(name, { read, write });
}

function addressText() {
  const found = new URLSearchParams();
  for (const [name, { read }] of address.parts) if (read()) found.set(name, read());
  return String(found);
}

/** Write it soon: a browser takes only so many changes of its address in a time. */
function writeAddress() {
  if (address.reading) return;
  say(find("copy"), "Copy state");
  clearTimeout(address.timer);
  address.timer = setTimeout(() => {
    const text = addressText();
    try {
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    } catch {
      // a notebook's frame has no address of its own: there the state is copied
    }
  }, 250);
}

/** Show what a text says; what it doesn't say is as it is at first. */
function readAddress(text) {
  const found = new URLSearchParams(text);
  address.reading = true;
  for (const [name, { write }] of address.parts) write(found.get(name) ?? "");
  address.reading = false;
  show();
}

/** In a frame, which has no address, a button copies the state; `page.at(state)` opens a page there. */
function makeCopy() {
  const button = find("copy");
  button.hidden = window === window.top;
  button.addEventListener("click", async () => {
    const text = addressText();
    let copied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = element("textarea", { "aria-label": "The state" }, text);
      button.after(field);
      field.select();
      copied = document.execCommand("copy");
      if (copied) field.remove();
    }
    find("status").textContent = copied ? "Copied." : "Copy the text that is selected.";
    button.textContent = copied ? "Copied" : "Copy it:";
  });
}

/** The whole number from 0 to `most` that a text says, or undefined. */
const wholeNumber = (text, most) => (/^\d+$/.test(text) && Number(text) <= most ? Number(text) : undefined);

const [MOST_CHANGED, LONGEST_ARRAYS] = [100, 16000];

/** The leaves whose arrays are not as the chosen moment has them: few elements that can be named, or all of an array. */
function changedLeaves() {
  const others = data.snapshots[now.snapshot].leaves;
  let count = 0;
  const found = [];
  for (const name of Object.keys(given)) {
    const [is, was] = [program.leaves.get(name), others[name] ? decodedOnce(others[name]) : given[name]];
    if (is === was) continue;
    const resized = String(is.shape) !== String(was.shape);
    const places = resized ? [] : [...is.data.keys()].filter((i) => !Object.is(is.data[i], was.data[i]));
    count += places.length;
    if (resized || places.length) found.push({ name, is, places, whole: resized || count > MOST_CHANGED });
  }
  return found;
}

const decodedArrays = new WeakMap();

function decodedOnce(array) {
  if (!decodedArrays.has(array)) decodedArrays.set(array, decoded(array));
  return decodedArrays.get(array);
}

/** Single elements, each with its number: `W1 3 0.5`. */
const changedValues = () => changedLeaves().filter(({ whole }) => !whole).flatMap(({ name, is, places }) => places.map((i) => `${encodeURIComponent(name)} ${i} ${is.data[i]}`)).join(",");

function changeValues(text) {
  for (const [name, place, number] of text.split(",").map((each) => each.split(" "))) {
    const leaf = leafNamed(name);
    const [array, i, x] = [program.leaves.get(leaf), Number(place), Number(number)];
    if (!array || !isFree(leaf) || !(i in array.data) || !number) continue;
    setLeaf(leaf, withElement(array, i, x));
  }
}

const leafNamed = (text) => Object.keys(given).find((each) => encodeURIComponent(each) === text);
const storedAs = (dtype) => (["float16", "float32"].includes(dtype) ? Float32Array : Float64Array);

/** Whole arrays, in base64 as addresses have it: `W1 2x500 AACAPw…`; empty where that is too long, which is said. */
function changedArrays() {
  const text = changedLeaves().filter(({ whole }) => whole).map(({ name, is }) => {
    const bytes = new Uint8Array(storedAs(is.dtype).from(is.data).buffer);
    const letters = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=*$/, "");
    return `${encodeURIComponent(name)} ${is.shape.join("x")} ${letters}`;
  }).join(",");
  for (const name of ["not-kept", "training-not-kept"]) find(name)?.toggleAttribute("hidden", text.length <= LONGEST_ARRAYS);
  return text.length <= LONGEST_ARRAYS ? text : "";
}

function changeArrays(text) {
  for (const [name, sizes, letters] of text.split(",").map((each) => each.split(" "))) {
    const leaf = leafNamed(name);
    const array = program.leaves.get(leaf);
    if (!array || !isFree(leaf) || !letters) continue;
    const shape = sizes.split("x").filter(Boolean).map(Number);
    const grows = canGrow && [data.plane.points, data.plane.labels].includes(leaf);
    const fits = shape.length === array.ndim && shape.every((size, axis) => size === array.shape[axis] || (axis === 0 && grows));
    const numbers = numbersIn(letters, storedAs(array.dtype));
    if (!fits || numbers?.length !== product(shape) || !(isFloat(array.dtype) || grows)) continue;
    setLeaf(leaf, cast(new NDArray(Float64Array.from(numbers), shape, "float64"), array.dtype));
  }
  if (!canGrow) return;
  const rows = [data.plane.points, data.plane.labels].map((name) => program.leaves.get(name).shape[0]);
  if (rows[0] !== rows[1]) for (const name of [data.plane.points, data.plane.labels]) setLeaf(name, given[name]);
}

/** The numbers that base64 has the bytes of; nothing where it has none. */
function numbersIn(letters, kind) {
  try {
    return new kind(Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)).buffer);
  } catch {
    return undefined;
  }
}
