// The picture: Cytoscape on a canvas. It has no way in by keyboard; the list and the panel beside it do all that it does.
import cytoscape from "cytoscape";
import fcose from "cytoscape-fcose";

cytoscape.use(fcose);

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const LONGEST = 42;
const MOST_WORDS = 24;
const LARGEST = 8000;
let graph, told;

export async function start(container, data, { select, moved }) {
  graph = cytoscape({ container, elements: [], style: [], minZoom: 0.05, maxZoom: 3, boxSelectionEnabled: false });
  graph.on("tap", "node", (event) => select(event.target.id()));
  graph.on("dragfree", "node", ({ target }) => moved(target.id(), Math.round(target.position("x")), Math.round(target.position("y"))));
  dark.addEventListener("change", colour);
  new ResizeObserver(() => graph.resize()).observe(container);
  await update(data);
}

export async function update(data) {
  const before = told;
  told = data;
  const nodes = new Set(data.nodes.map(({ id }) => id));
  const wanted = new Map(data.links.map((link) => [name(link), link]));
  const fresh = data.nodes.filter(({ id }) => graph.getElementById(id).empty());
  const gone = graph.nodes().filter((node) => !nodes.has(node.id()));
  graph.batch(() => {
    graph.edges().filter((edge) => !wanted.has(edge.id())).remove();
    gone.remove();
    fresh.forEach((node, place) => graph.add({ data: shape(node), position: near(node, place, fresh.length) }));
    for (const [id, link] of wanted) {
      if (graph.getElementById(id).empty()) graph.add({ data: { id, source: link.source, target: link.target, label: say(link), word: link.origin, broken: link.origin === "stated" ? 0 : 1 } });
    }
    for (const node of data.nodes) {
      const drawn = graph.getElementById(node.id);
      drawn.unlock();
      drawn.data("pinned", node.pin ? 1 : 0).data("focus", node.id === data.focus ? 1 : 0);
      if (node.pin) drawn.position({ x: node.pin[0], y: node.pin[1] });
    }
    graph.nodes().unselect();
    graph.edges().data("near", 0);
    const links = graph.getElementById(data.at).select().connectedEdges();
    if (links.length <= MOST_WORDS) links.data("near", 1);
  });
  colour();
  const same = before && before.layout === data.layout && before.focus === data.focus && !fresh.length && !gone.length;
  if (!same) await again();
}

// Cytoscape reads names with its own selectors only where asked to; as ids they may be any text.
const name = (link) => `${link.source} ${link.property} ${link.target}`;
const say = (link) => guard(link.label + (link.origin === "stated" ? "" : ` (${link.origin}${link.conditional ? ", on a condition" : ""})`));

// A name is drawn apart from what stands around it, whichever way its letters run (Unicode Standard Annex 9, isolates).
function guard(text) {
  const letters = [...text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "")];
  return `\u2068${letters.length > LONGEST ? letters.slice(0, LONGEST).join("").trimEnd() + "…" : letters.join("")}\u2069`;
}

function shape(node) {
  return { id: node.id, label: guard(node.label), kind: node.kind, from: node.from, firm: node.modality || node.condition ? 0 : 1 };
}

// Where a new node starts, the same each time: around the one it was reached from.
function near(node, place, many) {
  const from = node.from ? graph.getElementById(node.from) : graph.collection();
  if (from.empty()) return { x: 0, y: 0 };
  const angle = (2 * Math.PI * place) / many + place;
  const centre = from.position();
  return { x: centre.x + 120 * Math.cos(angle), y: centre.y + 120 * Math.sin(angle) };
}

function layout() {
  const common = { animate: !calm.matches, animationDuration: 350, fit: true, padding: 30 };
  if (told.layout === "tree") return { name: "preset", positions: columns(), ...common };
  if (told.layout === "rings") {
    const depth = depths();
    return { name: "concentric", concentric: (node) => -depth.get(node.id()), levelWidth: () => 1, nodeDimensionsIncludeLabels: true, minNodeSpacing: 40, ...common };
  }
  const fixed = told.nodes.filter(({ pin }) => pin).map(({ id, pin }) => ({ nodeId: id, position: { x: pin[0], y: pin[1] } }));
  return {
    name: "fcose", quality: "default", randomize: false, nodeDimensionsIncludeLabels: true, idealEdgeLength: 130, nodeRepulsion: 12000,
    numIter: 2500, packComponents: false, ...(fixed.length ? { fixedNodeConstraint: fixed } : {}), ...common,
  };
}

// A column for each step away from the focus, in the order in which the things were reached.
function columns() {
  const depth = depths();
  const filled = new Map();
  for (const { id } of told.nodes) filled.set(depth.get(id), [...(filled.get(depth.get(id)) ?? []), id]);
  const places = {};
  for (const [step, ids] of filled) ids.forEach((id, place) => (places[id] = { x: step * 240, y: (place - (ids.length - 1) / 2) * 72 }));
  return places;
}

function depths() {
  const parents = new Map(told.nodes.map(({ id, from }) => [id, from]));
  const depth = new Map();
  for (const { id } of told.nodes) depth.set(id, parents.get(id) ? depth.get(parents.get(id)) + 1 : 0);
  return depth;
}

export function again() {
  const run = graph.layout(layout());
  const done = run.promiseOn("layoutstop").then(() => {
    for (const { id, pin } of told.nodes) if (pin) graph.getElementById(id).position({ x: pin[0], y: pin[1] });
  });
  run.run();
  return done;
}

function colour() {
  const style = getComputedStyle(document.documentElement);
  const value = (key) => style.getPropertyValue(key).trim();
  const text = value("--graph-text"), back = value("--graph-back"), selected = value("--graph-selected");
  graph.style([
    {
      selector: "node",
      style: {
        shape: "polygon", width: 26, height: 26, label: "data(label)", color: text,
        "font-size": 12, "font-family": "system-ui, sans-serif", "text-wrap": "wrap", "text-max-width": 110, "text-valign": "bottom", "text-margin-y": 4,
        "text-background-color": back, "text-background-opacity": 0.85, "text-background-padding": 1, "min-zoomed-font-size": 5,
      },
    },
    ...Object.entries(told.kinds).map(([key, { outline }]) => ({
      selector: `node[kind = "${key}"]`,
      style: { "background-color": value(`--kind-${key}`), "shape-polygon-points": outline.join(" ") },
    })),
    { selector: "node[firm = 0]", style: { "background-opacity": 0.35, "border-width": 2, "border-style": "dashed", "border-color": text } },
    { selector: "node[focus = 1]", style: { width: 40, height: 40, "font-weight": "bold", "font-size": 14 } },
    { selector: "node[pinned = 1]", style: { "border-width": 3, "border-style": "double", "border-color": text } },
    { selector: "node:selected", style: { "border-width": 4, "border-style": "solid", "border-color": selected } },
    {
      selector: "edge",
      style: {
        width: 1.5, "line-color": value("--graph-line"), "target-arrow-color": value("--graph-line"), "target-arrow-shape": "triangle", "curve-style": "bezier",
        color: text, "font-size": 10, "text-rotation": "autorotate", "text-background-color": back, "text-background-opacity": 0.85,
        "min-zoomed-font-size": 8,
      },
    },
    { selector: "edge[broken = 1]", style: { "line-style": "dashed", "line-color": value("--graph-inferred"), "target-arrow-color": value("--graph-inferred"), label: "data(word)" } },
    // The words of all links at once would hide the picture; those of the selected thing are shown, the list has all.
    { selector: "edge[near = 1]", style: { label: "data(label)", width: 2.5, "z-index": 2 } },
  ]);
}

export const size = () => ({ nodes: graph.nodes().length, links: graph.edges().length });
export const fit = () => graph.fit(undefined, 30);
export const zoom = (factor) => graph.zoom({ level: graph.zoom() * factor, renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } });
export function centre() {
  if (graph.zoom() < 0.8) graph.zoom(1);
  graph.center(graph.getElementById(told.at));
}

// The selected node and where it is, moved by so much: what a pin says.
export function place(right, down) {
  const { x, y } = graph.getElementById(told.at).position();
  return [told.at, Math.round(x + right), Math.round(y + down)];
}

export async function save() {
  const back = getComputedStyle(document.documentElement).getPropertyValue("--graph-back").trim();
  return graph.png({ output: "blob-promise", full: true, scale: 2, bg: back, maxWidth: LARGEST, maxHeight: LARGEST });
}
