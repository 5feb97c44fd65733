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
    setTimeout(() => (button.textContent = "Copy state"), 2000);
  });
}

/** The whole number from 0 to `most` that a text says, or undefined. */
const wholeNumber = (text, most) => (/^\d+$/.test(text) && Number(text) <= most ? Number(text) : undefined);
