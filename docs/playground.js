// The playground: the page of one of several runs. The address says which; another choice opens the page anew.
const prepare = async (unpacked) => {
  const held = document.getElementById("ui--data");
  const element = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const offered = JSON.parse(held.textContent);
  const said = () => new URLSearchParams(location.hash.slice(1));

  /** The graph that the address says and one of each of its options; the first where it says none that there is. */
  const choice = () => {
    const graph = offered.find(({ name }) => name === said().get("graph")) ?? offered[0];
    const options = graph.options.map(({ name, labels }) => [name, labels.includes(said().get(name)) ? said().get(name) : labels[0]]);
    return { graph, options: Object.fromEntries(options) };
  };
  const { graph, options } = choice();

  /** A list; what is chosen in it goes into the address, which keeps what it says beside that as long as no array has another size. */
  const list = (name, labels, titles, chosen) => {
    const select = element("select", { "data-choose": name }, ...labels.map((label, i) => element("option", { value: label }, titles[i])));
    select.value = chosen;
    select.addEventListener("change", () => {
      const isSize = labels.some((label) => /^\d/.test(label));
      const next = new URLSearchParams(name === "graph" ? {} : isSize ? { graph: graph.name, ...options } : said());
      next.set(name, select.value);
      location.hash = next;
      history.replaceState({ chosen: name }, ""); // where the keyboard is
    });
    const title = `${name[0].toUpperCase()}${name.slice(1)} `;
    return element("label", {}, name === "graph" ? element("span", { class: "unseen" }, title) : title, select);
  };

  const { lines, texts } = JSON.parse(await unpacked(graph.name));
  const runs = texts[Object.values(options).join(", ")];
  const [code, circuit, record] = runs.flatMap(([first, count]) => lines.slice(first, first + count)).join("\n").split("\f\n");
  const about = element("details", { class: "help" }, element("summary", {}, "About"),
    element("div", {}, element("p", {}, graph.words), element("pre", { tabindex: "0", role: "region", "aria-label": "The code of this graph" }, code)));
  document.title = `Playground: ${graph.title}`;
  document.querySelector("header .quiet").replaceWith(element("div", { class: "choices", role: "group", "aria-label": "Graph" },
    list("graph", offered.map(({ name }) => name), offered.map(({ title }) => title), graph.name),
    ...graph.options.map(({ name, labels }) => list(name, labels, labels, options[name])), about));
  document.querySelector(`[data-choose="${history.state?.chosen}"]`)?.focus();
  document.querySelector("[data-frame]").innerHTML = circuit;
  held.textContent = JSON.stringify({ ...JSON.parse(record), address: { graph: graph.name, ...options } });
  addEventListener("hashchange", (event) => {
    const next = choice();
    if (next.graph === graph && Object.entries(options).every(([name, label]) => next.options[name] === label)) return;
    event.stopImmediatePropagation(); // what it says is not of the page that is shown
    location.reload();
  });
};
