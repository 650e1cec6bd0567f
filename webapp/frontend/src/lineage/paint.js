// The picture: links that Tab walks through, lines with their labels, a legend of the kinds that occur.
import { LINE } from "./graph.js";
import { make, outline } from "./shapes.js";

const text = (lines, x, y, attributes = {}) =>
  make(
    "text",
    { x, y, "aria-hidden": "true", ...attributes },
    ...lines.map((line, number) => {
      const span = make("tspan", { x, dy: number ? LINE : 0 });
      span.textContent = `${line} `;
      return span;
    }),
  );

const title = (words) => {
  const element = make("title");
  element.textContent = words;
  return element;
};

export function paint(graph, placed, kinds) {
  const svg = make("svg", {
    viewBox: `0 0 ${Math.ceil(placed.width)} ${Math.ceil(placed.height)}`,
    width: Math.ceil(placed.width),
    height: Math.ceil(placed.height),
    role: "graphics-document",
    "aria-labelledby": "picture-says",
  });
  svg.append(arrowHead());
  const places = new Map(placed.children.map((child) => [child.id, child]));
  const routes = new Map(placed.edges.map((edge) => [edge.id, edge]));
  const lines = make("g", { class: "edges" });
  const labels = make("g", { class: "labels" });
  for (const edge of graph.edges) {
    const route = routes.get(edge.id);
    const group = make("g", { class: classes("edge", edge), "data-edge": edge.id });
    group.append(title(edge.says), make("path", { d: way(route), class: "wide" }), make("path", { d: way(route), class: "line", "marker-end": "url(#arrow)" }));
    lines.append(group);
    const box = route.labels?.[0];
    if (box && edge.lines.length) {
      const label = make("g", { class: classes("label", edge), "data-edge": edge.id, tabindex: 0, role: "img", "aria-label": edge.says });
      label.append(
        title(edge.says),
        make("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 3 }),
        text(edge.lines, box.x + box.width / 2, box.y + LINE - 4, { "text-anchor": "middle" }),
      );
      if (edge.dead) label.querySelector("tspan:last-child").classList.add("dead");
      labels.append(label);
    }
  }
  const things = make("g", { class: "nodes" });
  for (const node of byPlace(graph.nodes, places)) {
    const { x, y } = places.get(node.id);
    const where = node.register ? `, ${node.register}` : "";
    const link = make("a", { class: `node ${node.kind}`, "data-node": node.id, transform: `translate(${x} ${y})`, href: node.href || "#steps" });
    link.setAttribute("aria-label", `${kinds[node.kind]}: ${node.label}`);
    const top = (node.height - node.lines.length * LINE) / 2 + LINE - 4.5;
    link.append(
      title(`${kinds[node.kind]}: ${node.label}${where}`),
      outline(node.kind, node.width, node.height),
      text(node.lines, node.width / 2, top, { "text-anchor": "middle" }),
    );
    things.append(link);
  }
  svg.append(lines, things, labels);
  return svg;
}

const classes = (kind, edge) => [kind, edge.conditional && "conditional", edge.dead && "dead"].filter(Boolean).join(" ");

// Tab goes the way that data go: layer after layer.
function byPlace(nodes, places) {
  const at = (node) => places.get(node.id);
  return [...nodes].sort((a, b) => at(a).x - at(b).x || at(a).y - at(b).y);
}

function way(route) {
  return route.sections
    .map(({ startPoint, bendPoints = [], endPoint }) => `M${[startPoint, ...bendPoints, endPoint].map(({ x, y }) => `${x} ${y}`).join("L")}`)
    .join("");
}

function arrowHead() {
  const marker = make("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" });
  marker.append(make("path", { d: "M0 0L8 4L0 8Z", class: "head" }));
  return make("defs", {}, marker);
}

export function legend(kinds, graph) {
  const list = document.createElement("ul");
  list.className = "legend";
  const used = new Set(graph.nodes.map((node) => node.kind));
  for (const [kind, name] of Object.entries(kinds)) {
    if (!used.has(kind)) continue;
    const sample = make("svg", { width: 36, height: 20, viewBox: "-1 -1 50 26", class: `node ${kind}`, "aria-hidden": "true" });
    sample.append(outline(kind, 48, 24));
    list.append(entry(sample, name));
  }
  if (graph.edges.some((edge) => edge.conditional)) list.append(entry(stroke("edge conditional"), "holds on a condition"));
  if (graph.edges.some((edge) => edge.dead)) list.append(entry(stroke("edge dead"), "relies on an instrument that is not in force"));
  return list;
}

function entry(sample, name) {
  const item = document.createElement("li");
  item.append(sample, ` ${name}`);
  return item;
}

function stroke(kind) {
  const sample = make("svg", { width: 36, height: 20, viewBox: "0 0 36 20", class: kind, "aria-hidden": "true" });
  sample.append(make("path", { d: "M0 10H36", class: "line" }));
  return sample;
}
