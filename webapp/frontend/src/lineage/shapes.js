// The outline of each kind of thing, so that kinds differ by shape as well as by colour. Every outline fills the box w × h.
const SVG = "http://www.w3.org/2000/svg";

export function make(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== "") element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const polygon = (...points) => make("polygon", { points: points.map((point) => point.join(",")).join(" ") });

const OUTLINES = {
  subject: (w, h) => make("rect", { width: w, height: h, rx: h / 2 }),
  source: (w, h) => polygon([10, 0], [w - 10, 0], [w, h], [0, h]),
  collection: (w, h) => polygon([12, 0], [w, 0], [w - 12, h], [0, h]),
  activity: (w, h) => make("rect", { width: w, height: h, rx: 3 }),
  register: (w, h) => make("path", { d: `M0 0H${w}V${h}H0ZM4 4H${w - 4}V${h - 4}H4Z` }),
  recipient: (w, h) => polygon([12, 0], [w - 12, 0], [w, h / 2], [w - 12, h], [12, h], [0, h / 2]),
  "sub-processor": (w, h) => polygon([0, 0], [w - 14, 0], [w, h / 2], [w - 14, h], [0, h], [14, h / 2]),
  place: (w, h) => make("path", { d: `M0 8Q${w / 4} 0 ${w / 2} 8T${w} 8V${h - 8}Q${(w * 3) / 4} ${h} ${w / 2} ${h - 8}T0 ${h - 8}Z` }),
  more: (w, h) => make("rect", { width: w, height: h, rx: 8 }),
};

export function outline(kind, width, height) {
  const shape = (OUTLINES[kind] ?? OUTLINES.activity)(width, height);
  shape.classList.add("outline");
  return shape;
}
