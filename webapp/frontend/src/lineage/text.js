// Text broken into the lines that fit a box; what does not fit ends in an ellipsis, the whole stands in the title.
const pen = document.createElement("canvas").getContext("2d");

export function setFont(font) {
  pen.font = font;
}

export const measure = (text) => pen.measureText(text).width;

export function wrap(text, width, most) {
  const lines = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    const longer = line ? `${line} ${word}` : word;
    if (measure(longer) <= width || !line) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  const kept = lines.slice(0, most).map((part) => cut(part, width));
  // Without the last word there is room for the ellipsis, and no half word or open bracket before it.
  if (lines.length > most) kept[most - 1] = `${kept[most - 1].replace(/\s+\S*$/, "").replace(/[\s(,;:–-]+$/, "")}…`;
  return kept;
}

export function cut(text, width) {
  if (measure(text) <= width) return text;
  let short = text.replace(/…$/, "");
  while (short && measure(`${short}…`) > width) short = short.slice(0, -1);
  return `${short.trimEnd()}…`;
}
