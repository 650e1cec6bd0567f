// Draws the lineage above its table: what the table says, from the same address as data. Without this the table stands alone.
import { build, through } from "./lineage/graph.js";
import { layOut } from "./lineage/layout.js";
import { legend, paint } from "./lineage/paint.js";
import { save } from "./lineage/save.js";
import { setFont } from "./lineage/text.js";

const LEAST = 0.66; // Below this scale nobody can read it, so the picture scrolls in its box instead.
const STEP = 1.25;
const figure = document.getElementById("picture");

if (figure) {
  figure.hidden = false;
  draw().catch((error) => {
    console.warn(error);
    tell("The picture cannot be drawn here. The table below says all that it would show.");
  });
}

async function draw() {
  tell("Drawing the picture …", true);
  const response = await fetch(figure.dataset.source, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${figure.dataset.source}: ${response.status}`);
  const answer = await response.json();
  const narrow = matchMedia("(max-width: 40rem)").matches;
  setFont(`13px ${getComputedStyle(document.body).fontFamily}`);
  const graph = build(answer, narrow);
  const placed = await layOut(graph, figure.dataset.worker, narrow);
  const svg = paint(graph, placed, answer.kinds);
  const box = document.createElement("div");
  box.className = "picture";
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Picture");
  box.append(svg);
  const note = document.createElement("p");
  note.className = "says";
  note.setAttribute("aria-live", "polite");
  const many = graph.quiet ? " With this many lines, what they carry is not written at them: it is told here." : "";
  note.textContent = `Point at a thing or a line, or Tab to a thing, to see the ways through it.${many}`;
  figure.querySelector(".progress")?.remove();
  figure.append(tools(svg, box), legend(answer.kinds, graph), note, box);
  light(svg, graph, note);
  figure.dataset.drawn = "true";
}

function tell(words, busy = false) {
  figure.querySelector(".progress")?.remove();
  const line = document.createElement("p");
  line.className = "progress";
  line.setAttribute("role", "status");
  line.textContent = words;
  if (busy) line.setAttribute("aria-busy", "true");
  figure.append(line);
}

function tools(svg, box) {
  const whole = svg.viewBox.baseVal.width;
  const fitting = () => Math.min(1, Math.max(LEAST, (box.clientWidth - 2) / whole));
  let scale = 0; // 0: as wide as the page, whatever that is.
  const show = () => svg.setAttribute("width", whole * (scale || fitting()));
  svg.removeAttribute("height");
  new ResizeObserver(() => scale || show()).observe(box);
  const bar = document.createElement("div");
  bar.className = "tools";
  const button = (words, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "secondary outline";
    made.textContent = words;
    made.addEventListener("click", action);
    bar.append(made);
  };
  const zoom = (factor) => () => {
    scale = Math.min(3, Math.max(0.2, (scale || fitting()) * factor));
    show();
  };
  button("Larger", zoom(STEP));
  button("Smaller", zoom(1 / STEP));
  button("Fit", () => {
    scale = 0;
    show();
  });
  button("Save as SVG", () => save(svg, "lineage.svg"));
  return bar;
}

// What is pointed at or has the focus: it and all ways through it stay bright, and its steps are told in words.
function light(svg, graph, note) {
  const show = ({ nodes, edges }) => {
    svg.classList.add("dimmed");
    for (const element of svg.querySelectorAll("[data-node]")) element.classList.toggle("lit", nodes.has(element.dataset.node));
    for (const element of svg.querySelectorAll("[data-edge]")) element.classList.toggle("lit", edges.has(element.dataset.edge));
  };
  const clear = () => svg.classList.remove("dimmed");
  const look = (event) => {
    const target = event.target.closest?.("[data-node], [data-edge]");
    if (!target) return;
    if (target.dataset.node) {
      show(through(graph.edges, target.dataset.node));
      const said = graph.edges.filter((edge) => [edge.from, edge.to].includes(target.dataset.node)).flatMap((edge) => edge.hops);
      note.textContent = said.slice(0, 4).map((hop) => hop.sentence).join(" ") + (said.length > 4 ? ` And ${said.length - 4} more.` : "");
    } else {
      const edge = graph.edges.find((one) => one.id === target.dataset.edge);
      show({ nodes: new Set([edge.from, edge.to]), edges: new Set([edge.id]) });
      note.textContent = edge.says;
    }
  };
  // On the box, since a browser lets Tab stop at an SVG that listens for the focus itself.
  const box = svg.parentElement;
  box.addEventListener("pointerover", look);
  box.addEventListener("focusin", look);
  box.addEventListener("pointerleave", clear);
  box.addEventListener("focusout", clear);
  for (const path of document.querySelectorAll(".paths > li[data-hops]")) {
    const ids = new Set(path.dataset.hops.split(" "));
    const edges = graph.edges.filter((edge) => edge.hops.some((hop) => ids.has(hop.id)));
    const lit = { nodes: new Set(edges.flatMap((edge) => [edge.from, edge.to])), edges: new Set(edges.map((edge) => edge.id)) };
    for (const kind of ["pointerenter", "focusin"]) path.addEventListener(kind, () => show(lit));
    for (const kind of ["pointerleave", "focusout"]) path.addEventListener(kind, clear);
  }
}
