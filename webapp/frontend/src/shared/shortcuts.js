// Keys that lead somewhere, a dialog that lists them, and a setting that turns them off (WCAG 2.2, 2.1.4).
const OFF = "shortcuts-off";
const PLACES = { h: "/", r: "/registers", a: "/activities", f: "/findings", q: "/questions", l: "/lineage", m: "/map" };
const WITHIN = 1500; // milliseconds between g and the letter

// A browser may forbid pages to remember anything; then the setting lasts as long as the page.
const remembered = {
  get off() {
    try {
      return localStorage.getItem(OFF) === "yes";
    } catch {
      return this.kept ?? false;
    }
  },
  set off(value) {
    this.kept = value;
    try {
      if (value) localStorage.setItem(OFF, "yes");
      else localStorage.removeItem(OFF);
    } catch {
      // It lasts as long as the page.
    }
  },
};

let dialog;
let since = 0;

const links = () => [...document.querySelectorAll("header.top a[href]")];
const linkTo = (place) => links().find((link) => new URL(link.href).pathname.endsWith(place) && (place !== "/" || link === links()[0]));

function help() {
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.className = "keys";
    dialog.setAttribute("aria-labelledby", "keys-title");
    const article = document.createElement("article");
    const title = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: "Keys" });
    const keys = document.createElement("dl");
    const places = Object.entries(PLACES).flatMap(([key, place]) => (linkTo(place) ? [[["g", key], linkTo(place).textContent]] : []));
    for (const [pressed, text] of [[["/"], "Search"], [["?"], "This list"], ...places]) {
      const term = document.createElement("dt");
      term.append(...pressed.map((key) => Object.assign(document.createElement("kbd"), { textContent: key })));
      keys.append(term, Object.assign(document.createElement("dd"), { textContent: text }));
    }
    const setting = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !remembered.off });
    box.addEventListener("change", () => (remembered.off = !box.checked));
    setting.append(box, " Use these keys");
    const done = Object.assign(document.createElement("button"), { type: "button", textContent: "Close" });
    done.addEventListener("click", () => dialog.close());
    article.append(title, keys, setting, done);
    dialog.append(article);
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
}

function search() {
  const field = document.querySelector("form.search input") ?? document.querySelector("main :is(input, select, textarea)");
  field?.focus();
  field?.select?.();
}

function press(event) {
  if (remembered.off || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || dialog?.open) return;
  // Whoever types means the letter. Focus within a shadow root, as of an editor, shows on the path of the event only.
  const typing = event.composedPath().some((node) => node instanceof Element && node.matches("input, select, textarea, [contenteditable]:not([contenteditable=false]), [role=textbox]"));
  if (typing) return;
  const after = performance.now() - since < WITHIN;
  since = 0;
  if (event.key === "/") {
    event.preventDefault();
    search();
  } else if (event.key === "?") {
    event.preventDefault();
    help();
  } else if (event.key === "g") since = performance.now();
  else if (after && PLACES[event.key]) linkTo(PLACES[event.key])?.click();
}

export function useShortcuts() {
  addEventListener("keydown", press);
  const footer = document.querySelector("footer p");
  if (footer) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "plain-button", textContent: "Keys" });
    button.addEventListener("click", help);
    footer.append(" · ", button);
  }
}
