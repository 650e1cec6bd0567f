// What both pictures are made of.
const SVG = "http://www.w3.org/2000/svg";

export function make(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function picture(width, height, label) {
  return make("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "figure", "aria-label": label, class: "drawing" });
}

// A link as the server would make it, so it works from the keyboard and opens in another tab; without an address just a group.
export function linked(href, label, attributes, ...children) {
  if (!href) return make("g", attributes, make("title", {}, label), ...children);
  return make("a", { href, "aria-label": label, ...attributes }, make("title", {}, label), ...children);
}

// A line for a standing: what the text only says may happen has another line of the colour of the page in it.
export function band({ status, modality }, path, width) {
  const drawn = [make("path", { class: `band ${status} ${modality}`, d: path, "stroke-width": width })];
  if (modality !== "actual") drawn.push(make("path", { class: "hollow", d: path, "stroke-width": Math.max(width * 0.5, 1) }));
  return drawn;
}

export function shorten(text, most) {
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}

export function count(number, noun) {
  return `${number.toLocaleString("en-GB")} ${noun}${number === 1 ? "" : "s"}`;
}
