// The chain rule for one element: the local derivatives along each path to the output, multiplied, and the paths added up.
const [MOST_PATHS, MOST_BRANCHES, MILLISECONDS] = [5, 24, 700];

/** Paths from an element to the output on which much returns, each with its factors; those are its local derivatives.

With `zeros` it is one on which nothing returns, with as few factors that are 0 as can be.
Each follows from the largest open beginning the wire on which the most returns, until the output, so that one is found in any graph.
*/
function pathsFrom(node, place, zeros = false) {
  const target = data.steps.find((step) => step.kind === "cotangent")?.node;
  const open = [{ node, place, product: 1, factors: [], size: Infinity }];
  const found = [];
  const end = performance.now() + MILLISECONDS;
  while (open.length && found.length < (zeros ? 1 : MOST_PATHS) && (!found.length || performance.now() < end)) {
    let path = largestOf(open);
    while (path && path.node !== target) {
      const further = branches(path, zeros);
      path = largestOf(further);
      open.push(...further);
    }
    if (path) found.push(path);
  }
  return found.sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
}

/** The path on which the most returns, taken out of its list. */
function largestOf(paths) {
  const sizes = paths.map((path) => path.size);
  return sizes.length ? paths.splice(sizes.indexOf(Math.max(...sizes)), 1)[0] : undefined;
}

/** A path one wire further, once for each element that depends on its last. */
function branches({ node, place, product, factors }, zeros) {
  return data.steps.flatMap((step, i) => {
    if (step.kind !== "contribution" || step.node !== node) return [];
    const terms = workedWire(program, step, data.nodes[step.by].operands, place, MOST_BRANCHES)?.terms ?? [];
    return terms.filter((term) => zeros || (term.local !== 0 && term.upstream !== 0)).map(({ at, upstream, local }) => ({
      node: step.by, place: at, product: product * local,
      size: zeros ? -[...factors, { local }].filter((factor) => factor.local === 0).length : Math.abs(product * local * upstream),
      factors: [...factors, { position: i + 1, step, place, at, local, name: `∂${elementName(step.by, at)}/∂${elementName(node, place)}` }],
    }));
  });
}

/** The chain of the element that is chosen, or of an array's largest gradient: a button for each factor goes to its wire. */
function chainView(key) {
  if (!isKnown(`gradient ${key}`) || !returnsTo(key)) return null;
  return folded("Its chain rule in numbers, path by path", { "data-chain": true }, () => (drag ? [] : chainParts(key)));
}

/** Choose an element and open its node, with the chain rule for it; where one is in sight stays. */
function openAt(key, place) {
  if (isChoosable(key)) choose(key, place);
  state.open = key;
  const within = document.activeElement?.closest("[data-node]");
  show();
  const view = find("chain");
  if (view) view.open = true;
  view?.fill();
  if (!within) (view ?? find("node")).scrollIntoView({ block: "nearest", behavior: "instant" });
  find("status").textContent = `${elementName(key, place)} is chosen, and its node is open.`;
}

function showChain() {
  const view = find("chain");
  view.open = true;
  view.fill();
  view.scrollIntoView({ block: "start", behavior: "instant" });
  view.querySelector("summary").focus({ preventScroll: true });
}

const returnsTo = (key) => data.steps.some((step) => step.kind === "contribution" && step.node === key);

function chainParts(key) {
  const gradient = arrayOf(`gradient ${key}`);
  const place = chosen.node === key ? chosen.place : largestPlace(gradient);
  if (!place) return [element("p", { class: "quiet" }, "There is no finite number to show it for.")];
  let paths = [];
  try {
    paths = pathsFrom(key, place);
    if (!paths.length && gradient.data[offsetOf(place, gradient.shape)] === 0) paths = pathsFrom(key, place, true);
  } catch {
    return [element("p", { class: "quiet" }, "A rule on the way is not computed in the page.")];
  }
  const total = gradient.data[offsetOf(place, gradient.shape)];
  const rest = total - paths.reduce((sum, path) => sum + path.product, 0);
  const small = Math.abs(rest) <= 1e-5 * Math.max(Math.abs(total), ...paths.map((path) => Math.abs(path.product)));
  const zero = paths.flatMap((path) => path.factors).find((factor) => factor.local === 0);
  const digits = digitsOf([...paths.map((path) => [path.product]), [small ? 0 : rest]], total);
  return [
    element("p", {}, `∂${data.of}/∂${elementName(key, place)} is the sum over all paths to ${data.of}; along each, the local derivatives are multiplied:`),
    ...paths.map((path) => pathView(path, digits)),
    ...(zero ? [element("p", { class: "quiet", "data-zero": true }, `The factor ${zero.name} is 0, so nothing returns on this path.`)] : []),
    element("p", { class: "worked", "data-chain-sum": true },
      [...paths.map((path) => factorText(path.product, digits)), ...(small ? [] : [`${factorText(rest, digits)} along other paths`])].join(" + ") + ` = ${numberText(total)}`),
  ];
}

/** A path as the product of its factors, each written in numbers where that is short, with the names of these beside it. */
function pathView({ factors, product }, digits) {
  const names = new Map();
  const buttons = factors.map(({ position, step, place, at, local, name }, i) => {
    const found = localInNumbers(step, place, at);
    found?.names.forEach((text, each) => names.set(each, text));
    const text = !found || found.plain ? factorText(local) : factors.length > 1 ? `(${found.text})` : found.text;
    const goes = () => go(position, place);
    return [i ? " × " : "", element("button", { type: "button", class: "factor", title: name, "aria-label": `${name} is ${numberText(local)}: go to its rule`, on: { click: goes } }, text)];
  });
  return element("p", { class: "worked", "data-path": true }, element("span", { "data-product": true }, ...buttons.flat(), ` = ${numberText(product, 0, digits)}`),
    names.size ? element("span", { class: "quiet" }, ` with ${namesText(names)}`) : null);
}
