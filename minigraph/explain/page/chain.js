// The chain rule for one element: the local derivatives along each path to the output, multiplied, and the paths added up.
const [MOST_PATHS, TRIES, MOST_BRANCHES] = [5, 40, 24];

/** The paths from an element to the output of which the most returns, each with its factors; those are its local derivatives. */
function pathsFrom(node, place) {
  const target = data.steps.find((step) => step.kind === "cotangent")?.node;
  const open = [{ node, place, product: 1, factors: [], size: Infinity }];
  const found = [];
  for (let tries = TRIES; open.length && tries > 0 && found.length < MOST_PATHS; tries--) {
    open.sort((a, b) => b.size - a.size);
    const path = open.shift();
    if (path.node === target) found.push(path);
    else open.push(...branches(path));
  }
  return found;
}

/** A path one wire further, once for each element that depends on its last. */
function branches({ node, place, product, factors }) {
  return data.steps.flatMap((step, i) => {
    if (step.kind !== "contribution" || step.node !== node) return [];
    const terms = workedWire(program, step, data.nodes[step.by].operands, place, MOST_BRANCHES)?.terms ?? [];
    return terms.filter((term) => term.local !== 0 && term.upstream !== 0).map(({ at, upstream, local }) => ({
      node: step.by, place: at, product: product * local, size: Math.abs(product * local * upstream),
      factors: [...factors, { position: i + 1, local, name: `∂${elementName(step.by, at)}/∂${elementName(node, place)}` }],
    }));
  });
}

/** The chain of the element that is chosen, or of an array's largest gradient: a button for each factor goes to its wire. */
function chainView(key) {
  if (!isKnown(`gradient ${key}`) || !returnsTo(key)) return null;
  const body = element("div");
  const view = element("details", { "data-chain": true }, element("summary", {}, "Its chain rule in numbers, path by path"), body);
  view.addEventListener("toggle", () => view.open && !drag && body.replaceChildren(...chainParts(key)));
  return view;
}

const returnsTo = (key) => data.steps.some((step) => step.kind === "contribution" && step.node === key);

function chainParts(key) {
  const gradient = arrayOf(`gradient ${key}`);
  const place = chosen.node === key ? chosen.place : largestPlace(gradient);
  if (!place) return [element("p", { class: "quiet" }, "There is no finite number to show it for.")];
  let paths = [];
  try {
    paths = pathsFrom(key, place);
  } catch {
    return [element("p", { class: "quiet" }, "A rule on the way is not computed in the page.")];
  }
  const total = gradient.data[offsetOf(place, gradient.shape)];
  const rest = total - paths.reduce((sum, path) => sum + path.product, 0);
  const small = Math.abs(rest) <= 1e-5 * Math.max(Math.abs(total), ...paths.map((path) => Math.abs(path.product)));
  return [
    element("p", {}, `∂${data.of}/∂${elementName(key, place)} is the sum over all paths to ${data.of}; along each, the local derivatives are multiplied:`),
    ...paths.map(pathView),
    element("p", { class: "worked", "data-chain-sum": true },
      [...paths.map((path) => factorText(path.product)), ...(small ? [] : [`${factorText(rest)} along other paths`])].join(" + ") + ` = ${numberText(total)}`),
  ];
}

function pathView({ factors, product }) {
  const buttons = factors.map(({ position, local, name }, i) => [i ? " × " : "",
    element("button", { type: "button", class: "factor", title: name, "aria-label": `${name} is ${numberText(local)}: go to its rule`, on: { click: () => go(position) } }, factorText(local))]);
  return element("p", { class: "worked", "data-path": true }, ...buttons.flat(), ` = ${numberText(product)}`);
}
