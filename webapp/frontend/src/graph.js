// The page of the graph with JavaScript: each action changes the address and the view in place, and the picture is drawn beside the
// list. What an action makes of the address is worked out by the server, so it is the same without JavaScript.
const canvas = document.getElementById("canvas");
const said = document.getElementById("said");
const narrow = matchMedia("(max-width: 56rem)");
const tool = (name) => document.querySelector(`[data-tool="${name}"]`);
const form = () => document.getElementById("state");
let picture; // the module that draws, once it is asked for
let asked = 0;

async function fetchJson(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}

// Leads to an address in place. How: "push" makes a step that can be undone, "replace" none, "" where the browser has changed it already.
async function go(address, how, keep) {
  const mine = ++asked;
  let page, data, response;
  try {
    response = await fetch(address, { headers: { Accept: "text/html" } });
    page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!response.ok || !page.getElementById("state")) throw new Error(`${response.status}`);
    data = picture && (await fetchJson(page.getElementById("state").dataset.json));
  } catch {
    // The server says what is wrong on a page of its own.
    if (mine === asked) location.assign(address);
    return;
  }
  if (mine !== asked) return;
  const depth = history.state?.depth ?? 0;
  const reached = new URL(response.url);
  reached.hash = "";
  if (how === "push" && reached.href !== location.href) history.pushState({ depth: depth + 1 }, "", reached);
  if (how === "replace") history.replaceState({ depth }, "", reached);
  swap(page, keep);
  if (picture) {
    await picture.update(data);
    tell();
  }
}

function swap(page, keep) {
  document.title = page.title;
  const crumbs = page.querySelector(".crumbs");
  if (crumbs) document.querySelector(".crumbs")?.replaceWith(crumbs);
  for (const part of page.querySelectorAll("[data-swap]")) {
    const before = document.getElementById(part.id);
    if (before instanceof HTMLDetailsElement) part.open = before.open;
    before?.replaceWith(part);
  }
  said.textContent = document.getElementById("shown").textContent;
  dress();
  if (!keep) return;
  const next = document.querySelector(`button[value="${CSS.escape(keep)}"]`);
  (next ?? document.getElementById("panel-title")).focus({ preventScroll: Boolean(next) });
}

// Shows what only works with JavaScript, and with the picture.
function dress() {
  const drawn = Boolean(picture);
  tool("undo").disabled = !(history.state?.depth > 0);
  for (const element of document.querySelectorAll("[data-pin]")) element.hidden = !drawn;
  const pinned = document.querySelector('#panel button[value^="unpin~"]');
  for (const element of document.querySelectorAll("[data-move]")) element.hidden = !(drawn && pinned);
}

function tell() {
  const { nodes, links } = picture.size();
  canvas.setAttribute("aria-label", `Picture of ${nodes} things and ${links} links; the list below says the same`);
  canvas.dataset.nodes = nodes;
  canvas.dataset.links = links;
}

function act(action, { push = true, keep = "" } = {}) {
  const told = new URLSearchParams(new FormData(form()));
  told.set("do", action);
  return go(`${form().getAttribute("action")}?${told}`, push ? "push" : "replace", keep);
}

addEventListener("submit", (event) => {
  const action = event.target.id === "state" && event.submitter?.value;
  if (!action) return;
  event.preventDefault();
  const selecting = action.startsWith("at~");
  const moved = selecting || /^(hide|focus)~/.test(action);
  act(action, { push: !selecting, keep: moved ? "#" : action });
});
addEventListener("popstate", () => go(location.href, "", ""));

const STEPS = { left: [-40, 0], right: [40, 0], up: [0, -40], down: [0, 40] };
addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (!button) return;
  if (button.dataset.pin !== undefined) pin(0, 0, "");
  if (button.dataset.step) pin(...STEPS[button.dataset.step], `[data-step="${button.dataset.step}"]`);
});

async function pin(right, down, again) {
  const [id, x, y] = picture.place(right, down);
  await act(`pin~${escapePart(id)}~${x}~${y}`);
  document.querySelector(again || '#panel button[value^="unpin~"]')?.focus();
}

// A part of an action may hold the mark between parts.
const escapePart = (text) => text.replaceAll("%", "%25").replaceAll("~", "%7E");

async function draw() {
  tool("open").disabled = true;
  try {
    const [module, data] = await Promise.all([import("./graph/picture.js"), fetchJson(form().dataset.json)]);
    document.querySelector('[data-tools="open"]').hidden = true;
    document.querySelector('[data-tools="picture"]').hidden = false;
    canvas.hidden = false;
    document.getElementById("legend").open = !narrow.matches;
    await module.start(canvas, data, {
      select: (id) => act(`at~${id}`, { push: false }),
      moved: (id, x, y) => act(`pin~${escapePart(id)}~${x}~${y}`),
    });
    picture = module;
    tell();
    dress();
    canvas.dataset.ready = "";
  } catch (error) {
    tool("open").disabled = false;
    document.querySelector('[data-tools="open"]').hidden = false;
    said.textContent = "The picture could not be drawn. The list below is the same graph.";
    throw error;
  }
}

tool("undo").addEventListener("click", () => history.back());
tool("larger").addEventListener("click", () => picture.zoom(1.3));
tool("smaller").addEventListener("click", () => picture.zoom(1 / 1.3));
tool("fit").addEventListener("click", () => picture.fit());
tool("centre").addEventListener("click", () => picture.centre());
tool("again").addEventListener("click", () => picture.again());
tool("save").addEventListener("click", async () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await picture.save());
  link.download = "graph.png";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});

document.querySelector("[data-without-script]").hidden = true;
if (narrow.matches) {
  document.querySelector('[data-tools="open"]').hidden = false;
  tool("open").addEventListener("click", draw);
} else {
  draw();
}
dress();
