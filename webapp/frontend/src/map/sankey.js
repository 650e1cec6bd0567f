import { sankey, sankeyJustify, sankeyLinkHorizontal } from "d3-sankey";
import { band, count, linked, make, picture, shorten } from "./svg.js";

const NARROWEST = 640;
const BOX = 12;
const GAP = 20;
const TARGET = 24; // What a finger needs.

// Boxes for senders, recipients and places, and bands between them; the width of a band is a number of routes.
export function drawSankey(data, room) {
  const width = Math.max(room, NARROWEST);
  const columns = new Map();
  for (const node of data.nodes) columns.set(node.column, (columns.get(node.column) ?? 0) + 1);
  const fullest = Math.max(...columns.values());
  const routes = Math.max(...data.nodes.map((node) => node.routes), data.nodes.filter((node) => node.column === "place").reduce((sum, node) => sum + node.routes, 0));
  const height = fullest * GAP + Math.min(routes * 8, 420) + TARGET;
  const layout = sankey()
    .nodeId((node) => node.id)
    .nodeAlign(sankeyJustify)
    .nodeWidth(BOX)
    .nodePadding(GAP)
    .extent([[1, TARGET], [width - 1, height - TARGET / 2]]);
  const { nodes, links } = layout({
    nodes: data.nodes.map((node) => ({ ...node })),
    links: data.links.map((link) => ({ ...link, value: link.routes })),
  });
  const svg = picture(width, height, "Bands from senders over recipients to places");
  const along = sankeyLinkHorizontal();
  for (const link of links) svg.append(linked(link.href, link.label, { class: "way" }, ...band(link, along(link), Math.max(link.width, 1))));
  const letters = Math.floor((width / 3 - BOX) / 7);
  for (const node of nodes) {
    const last = node.x1 > width - BOX * 2;
    const middle = (node.y0 + node.y1) / 2;
    const top = Math.min(node.y0, middle - TARGET / 2);
    const tall = Math.max(node.y1 - node.y0, TARGET);
    const short = shorten(node.label, letters - 5);
    const text = `${short} ${node.routes.toLocaleString("en-GB")}`;
    const told = `${node.label}: ${count(node.routes, "route")}`;
    const long = Math.min(text.length * 7 + BOX * 2, width / 3);
    svg.append(
      // Who speaks to the browser says what is written, so a shortened name comes first.
      linked(node.href, short === node.label ? told : `${text}. ${told}`, { class: "box" },
        make("rect", { class: "target", x: last ? node.x1 - long : node.x0, y: top, width: long, height: tall }),
        make("rect", { class: "node", x: node.x0, y: node.y0, width: BOX, height: Math.max(node.y1 - node.y0, 1) }),
        make("text", { class: "halo", x: last ? node.x0 - 6 : node.x1 + 6, y: middle, dy: "0.35em", "text-anchor": last ? "end" : "start" }, text)),
    );
  }
  ["From", "To", "Place"].forEach((title, rank) => {
    const x = [1, width / 2, width - 1][rank];
    svg.append(make("text", { class: "title", x, y: 12, "text-anchor": ["start", "middle", "end"][rank] }, title));
  });
  return svg;
}

export function tellSankey(data) {
  return data.left_out ? "The thinnest bands are not drawn; the tables have all." : "";
}
