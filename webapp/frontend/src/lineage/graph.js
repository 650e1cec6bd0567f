// What is drawn of the answer: things with their boxes, and one line for all steps of a kind between the same two things.
import { cut, measure, wrap } from "./text.js";

export const LINE = 17;
const PAD = { x: 30, y: 9 };
const WIDTH = { wide: 170, narrow: 150 };
const LABEL = 120;
const MANY = 60; // Lines from which on only what is not in force is written at them.
const COLUMNS = { subject: 0, source: 0, collection: 1, activity: 2, register: 2, recipient: 3, "sub-processor": 4, place: 5 };

export function build(answer, narrow) {
  const width = narrow || answer.hops.length > MANY ? WIDTH.narrow : WIDTH.wide;
  const nodes = answer.nodes.map((node) => {
    const lines = wrap(node.label, width - PAD.x, 5);
    return { ...node, column: COLUMNS[node.stands_for || node.kind], lines, width, height: Math.max(40, lines.length * LINE + 2 * PAD.y) };
  });
  const edges = new Map();
  for (const hop of answer.hops) {
    const key = [hop.from, hop.to, hop.kind].join("\n");
    if (!edges.has(key)) edges.set(key, { id: `e${edges.size}`, from: hop.from, to: hop.to, kind: hop.kind, hops: [] });
    edges.get(key).hops.push(hop);
  }
  const quiet = edges.size > MANY;
  return { nodes, edges: [...edges.values()].map((edge) => label(edge, quiet)), quiet };
}

function label(edge, quiet) {
  const { hops } = edge;
  const data = [...new Set(hops.flatMap((hop) => hop.data.map((term) => term.label)))];
  const dead = hops.flatMap((hop) => hop.mechanisms).filter((row) => row.dead);
  const lines = [];
  if (edge.kind !== "more" && !quiet) {
    if (data.length) lines.push(data.length > 1 ? `${cut(data[0], LABEL - 26)} +${data.length - 1}` : cut(data[0], LABEL));
    else lines.push("data: " + (hops[0].data_marker || "nothing recorded"));
    if (hops.every((hop) => hop.conditional)) lines.push(hops[0].modality || "conditional");
  }
  if (dead.length) lines.push("not in force");
  return {
    ...edge,
    lines,
    dead: dead.length > 0,
    conditional: hops.every((hop) => hop.conditional),
    width: Math.max(8, ...lines.map(measure)) + 8,
    height: lines.length * LINE,
    says: hops.map((hop) => hop.sentence).join(" "),
  };
}

// The things and lines before and after one, as far as steps go on from each other: a place belongs to one flow alone.
export function through(edges, start) {
  const steps = edges.flatMap((edge) => edge.hops.map((hop) => ({ hop, edge })));
  const found = { nodes: new Set([start]), edges: new Set() };
  for (const back of [false, true]) {
    const near = (hop) => (back ? hop.to : hop.from);
    const far = (hop) => (back ? hop.from : hop.to);
    const joins = (one, next) => {
      const [earlier, later] = back ? [next, one] : [one, next];
      return !later.follows.length || (earlier.part ? later.follows.includes(earlier.part.iri) : false);
    };
    const seen = new Set();
    const waiting = steps.filter(({ hop }) => near(hop) === start);
    while (waiting.length) {
      const step = waiting.pop();
      if (seen.has(step)) continue;
      seen.add(step);
      found.edges.add(step.edge.id);
      found.nodes.add(far(step.hop));
      for (const next of steps) if (near(next.hop) === far(step.hop) && joins(step.hop, next.hop)) waiting.push(next);
    }
  }
  return found;
}
