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
  find("copy").textContent = "Copy state";
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

const MOST_CHANGED = 100;

/** The elements of the leaves that are not as the chosen moment has them: `W1 3 0.5`; nothing where they are too many. */
function changedValues() {
  const found = [];
  const others = data.snapshots[now.snapshot].leaves;
  for (const name of Object.keys(given)) {
    const [is, was] = [program.leaves.get(name), others[name] ? decoded(others[name]) : given[name]];
    if (is === was) continue;
    if (String(is.shape) !== String(was.shape)) return "";
    is.data.forEach((x, i) => x !== was.data[i] && found.push(`${encodeURIComponent(name)} ${i} ${x}`));
    if (found.length > MOST_CHANGED) return "";
  }
  return found.join(",");
}

function changeValues(text) {
  for (const [name, place, number] of text.split(",").map((each) => each.split(" "))) {
    const leaf = Object.keys(given).find((each) => encodeURIComponent(each) === name);
    const [array, i, x] = [program.leaves.get(leaf), Number(place), Number(number)];
    if (!array || !isFree(leaf) || !(i in array.data) || !number) continue;
    const changed = array.data.slice();
    changed[i] = x;
    setLeaf(leaf, new NDArray(changed, array.shape, array.dtype));
  }
}
