import { geoArea, geoCentroid, geoNaturalEarth1, geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";
import { numbers, points } from "./countries.js";
import { band, count, linked, make, picture } from "./svg.js";

const NARROWEST = 560;
const MARGIN = 60;
const CLOSEST = 4; // Times the scale at which the whole world fits.
const RADIUS = 13;
const LETTER = 7;

// Where things are: shapes of countries by their letters, and one point for each place, the middle of its greatest part.
export function readAtlas(topology) {
  const shapes = new Map(feature(topology, topology.objects.countries).features.filter((shape) => shape.id).map((shape) => [shape.id, shape]));
  const middle = (code) => points.get(code) ?? (shapes.has(numbers.get(code)) ? geoCentroid(greatest(shapes.get(numbers.get(code)))) : undefined);
  return {
    land: feature(topology, topology.objects.land),
    borders: mesh(topology, topology.objects.countries, (one, other) => one !== other),
    shape: (code) => (points.has(code) ? undefined : shapes.get(numbers.get(code))),
    // Of a union, the mean of its members.
    point(codes) {
      const found = codes.map(middle).filter(Boolean);
      if (!found.length) return undefined;
      return [0, 1].map((axis) => found.reduce((sum, point) => sum + point[axis], 0) / found.length);
    },
  };
}

function greatest({ geometry }) {
  if (geometry.type !== "MultiPolygon") return geometry;
  const parts = geometry.coordinates.map((coordinates) => ({ type: "Polygon", coordinates }));
  return parts.reduce((best, part) => (geoArea(part) > geoArea(best) ? part : best));
}

export function drawWorld(data, atlas, room) {
  const width = Math.max(room, NARROWEST);
  const height = Math.round(width * 0.55);
  const places = new Map(data.places.map((place) => [place.id, place]));
  const spots = Object.entries(data.codes)
    .map(([id, codes]) => ({ id, codes, label: data.names[id], place: places.get(id), at: atlas.point(codes) }))
    .filter((spot) => spot.at);
  const projection = look(spots, width, height);
  const path = geoPath(projection.clipExtent([[0, 0], [width, height]]));
  for (const spot of spots) {
    [spot.x, spot.y] = projection(spot.at);
    [spot.trueX, spot.trueY] = [spot.x, spot.y];
    spot.radius = spot.place ? RADIUS + 3 * (String(spot.place.routes).length - 1) : 5;
  }
  part(spots, width, height);

  const svg = picture(width, height, "Map of the places that data go to");
  svg.append(
    make("defs", {}, make("pattern", { id: "members", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      make("rect", { class: "member-ground", width: 6, height: 6 }), make("path", { class: "member-stripe", d: "M0 0V6" }))),
    make("path", { class: "land", d: path(atlas.land) }),
  );
  // The larger area first, so that a country of a union can still be pointed at.
  for (const spot of spots.filter((found) => found.place).sort((one, other) => other.codes.length - one.codes.length)) {
    for (const shape of spot.codes.map(atlas.shape).filter(Boolean)) {
      // The circle is what the keyboard reaches; the shape leads to the same for a pointer.
      svg.append(linked(spot.place.href, told(spot), { tabindex: -1, "aria-hidden": true, class: spot.codes.length > 1 ? "member" : "reached" }, make("path", { d: path(shape) ?? "" })));
    }
  }
  svg.append(make("path", { class: "borders", d: path(atlas.borders) }));
  svg.append(...lines(data.lines, new Map(spots.map((spot) => [spot.id, spot]))));
  const taken = spots.map(({ x, y, radius }) => ({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius }));
  for (const spot of spots) svg.append(...mark(spot, taken, width));
  return svg;
}

// As near as the places allow, so that those of one continent do not lie on each other.
function look(spots, width, height) {
  const world = geoNaturalEarth1().fitSize([width, height], { type: "Sphere" });
  if (!spots.length) return world;
  const near = geoNaturalEarth1().fitExtent([[MARGIN, MARGIN], [width - MARGIN * 2, height - MARGIN]], { type: "MultiPoint", coordinates: spots.map((spot) => spot.at) });
  const scale = Math.min(near.scale(), world.scale() * CLOSEST);
  if (!(scale > world.scale())) return world;
  if (scale === near.scale()) return near;
  const flat = geoNaturalEarth1().scale(scale).translate([0, 0]);
  const shown = spots.map((spot) => flat(spot.at));
  const centre = [0, 1].map((axis) => (Math.min(...shown.map((point) => point[axis])) + Math.max(...shown.map((point) => point[axis]))) / 2);
  return geoNaturalEarth1().scale(scale).translate([width / 2 - centre[0], height / 2 - centre[1]]);
}

// Circles that would cover each other move apart; a thread leads back to where the place is.
function part(spots, width, height) {
  for (let turn = 0; turn < 60; turn++) {
    for (let i = 0; i < spots.length; i++) {
      for (let j = i + 1; j < spots.length; j++) {
        const [one, other] = [spots[i], spots[j]];
        const [dx, dy] = [other.x - one.x || 0.1, other.y - one.y || 0.1];
        const lack = one.radius + other.radius + 10 - Math.hypot(dx, dy);
        if (lack <= 0) continue;
        const [px, py] = [((dx / Math.hypot(dx, dy)) * lack) / 2, ((dy / Math.hypot(dx, dy)) * lack) / 2];
        [one.x, one.y, other.x, other.y] = [one.x - px, one.y - py, other.x + px, other.y + py];
      }
    }
  }
  for (const spot of spots) {
    spot.x = Math.min(Math.max(spot.x, spot.radius + 2), width - spot.radius - 2);
    spot.y = Math.min(Math.max(spot.y, spot.radius + 2), height - spot.radius - 2);
  }
}

function lines(drawn, spots) {
  const most = Math.max(...drawn.map((line) => line.routes), 1);
  const between = new Map();
  return drawn.flatMap((line) => {
    const [from, to] = [spots.get(line.source), spots.get(line.target)];
    if (!from || !to) return [];
    const pair = [line.source, line.target].sort().join(" ");
    const rank = between.get(pair) ?? 0;
    between.set(pair, rank + 1);
    const width = 4 + (5 * (line.routes - 1)) / Math.max(most - 1, 1);
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const long = Math.hypot(dx, dy) || 1;
    const bend = 0.12 * long + 16 * rank;
    const top = [(from.x + to.x) / 2 + (dy / long) * bend * (dx < 0 ? 1 : -1) * -1, (from.y + to.y) / 2 - Math.abs(dx / long) * bend];
    const curve = `M${from.x} ${from.y}Q${top[0]} ${top[1]} ${to.x} ${to.y}`;
    return [linked(line.href, line.label, { class: "way" }, make("path", { class: "reach", d: curve }), ...band(line, curve, width), head(line.status, from, top, to))];
  });
}

// Which way it goes: an arrow a little past the middle of the curve.
function head(status, from, top, to) {
  const at = 0.6;
  const mix = (a, b, c) => (1 - at) ** 2 * a + 2 * (1 - at) * at * b + at ** 2 * c;
  const slope = (a, b, c) => 2 * (1 - at) * (b - a) + 2 * at * (c - b);
  const turn = (Math.atan2(slope(from.y, top[1], to.y), slope(from.x, top[0], to.x)) * 180) / Math.PI;
  return make("path", { class: `head ${status}`, d: "M-7 -7L8 0L-7 7Z", transform: `translate(${mix(from.x, top[0], to.x)} ${mix(from.y, top[1], to.y)}) rotate(${turn})` });
}

function told({ label, place }) {
  if (!place) return `${label}: data are sent from here`;
  return `${label}: ${count(place.routes, "route")} (${Object.entries(place.statuses).map(([status, number]) => `${number} ${status}`).join(", ")})`;
}

function mark(spot, taken, width) {
  const drawn = [];
  if (Math.hypot(spot.x - spot.trueX, spot.y - spot.trueY) > 4) {
    drawn.push(make("path", { class: "thread", d: `M${spot.trueX} ${spot.trueY}L${spot.x} ${spot.y}` }));
  }
  const long = spot.label.length * LETTER;
  const away = spot.radius + 4;
  const sides = [
    ["start", away, 0],
    ["end", -away, 0],
    ["middle", 0, -away - 6],
    ["middle", 0, away + 6],
    ["start", away * 0.7, -away],
    ["start", away * 0.7, away],
    ["end", -away * 0.7, -away],
    ["end", -away * 0.7, away],
  ].map(([anchor, dx, dy]) => {
    const [x, y] = [spot.x + dx, spot.y + dy];
    const left = x - { start: 0, middle: long / 2, end: long }[anchor];
    return { anchor, x, y, box: { left, right: left + long, top: y - 8, bottom: y + 8 } };
  });
  const covered = ({ box }) =>
    Math.max(0, -box.left) + Math.max(0, box.right - width) +
    taken.reduce((sum, other) => sum + Math.max(0, Math.min(box.right, other.right) - Math.max(box.left, other.left)) * (box.top < other.bottom && box.bottom > other.top), 0);
  const chosen = sides.reduce((best, side) => (covered(side) < covered(best) ? side : best));
  taken.push(chosen.box);
  const label = make("text", { class: "halo", x: chosen.x, y: chosen.y, dy: "0.35em", "text-anchor": chosen.anchor }, spot.label);
  const circle = make("circle", { class: spot.place ? "spot" : "start", cx: spot.x, cy: spot.y, r: spot.radius });
  const number = spot.place && make("text", { class: "number", x: spot.x, y: spot.y, dy: "0.35em", "text-anchor": "middle" }, spot.place.routes.toLocaleString("en-GB"));
  drawn.push(linked(spot.place?.href, told(spot), { class: "mark" }, circle, label, " ", number));
  return drawn;
}

export function tellWorld(data) {
  const told = [];
  if (!data.places.length) told.push("No route leads to a country or union.");
  if (data.without_origin) told.push(`${count(data.without_origin, "route")} from a place that is not recorded: no line is drawn.`);
  if (data.inside) told.push(`${count(data.inside, "route")} within the place that the data leave: no line is drawn.`);
  if (data.left_out) told.push(`${count(data.left_out, "route")} in lines too many to draw; the tables have them.`);
  return told.join(" ");
}
