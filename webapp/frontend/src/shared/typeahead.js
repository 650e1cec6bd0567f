// A field that suggests while somebody types: an ARIA 1.2 combobox with a list below it, over /search.json. Without JavaScript the same
// field takes a name, and the server finds out what it means.
const WAIT = 120; // milliseconds without a key before the server is asked
const root = document.querySelector("form.search")?.action ?? new URL("/search", location).href;

let fields = 0;
let status;

// One place on a page says how many there are, for those who do not see the list.
const tell = (text) => {
  if (!status) {
    status = document.createElement("div");
    status.className = "aside";
    status.setAttribute("role", "status");
    document.body.append(status);
  }
  status.textContent = text;
};

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

export function suggest(input) {
  const name = `suggest-${++fields}`;
  const list = make("ul", { id: name, className: "suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  const focused = document.activeElement === input;
  const box = make("span", { className: "suggest" });
  input.replaceWith(box);
  box.append(input, list);
  if (focused) input.focus();
  // The list of the browser would lie over ours.
  input.removeAttribute("list");
  input.autocomplete = "off";
  for (const [attribute, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": name })) {
    input.setAttribute(attribute, value);
  }
  const goes = input.type === "search";
  let shown = [];
  let active = -1;
  let timer;
  let asking;

  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const mark = (place) => {
    active = place;
    [...list.children].forEach((option, number) => option.setAttribute("aria-selected", number === place));
    if (place < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[place].id);
      list.children[place].scrollIntoView({ block: "nearest" });
    }
  };

  const choose = (place) => {
    const { label, value, href, unique } = shown[place];
    close();
    if (goes) {
      location.assign(href);
      return;
    }
    // A name that several things have would be asked about again.
    input.value = unique ? label : value;
    tell(`${label} chosen`);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const show = (results) => {
    shown = results;
    const labels = results.map(({ label }) => label);
    list.replaceChildren(
      ...results.map(({ label, kind, register, value }, number) => {
        const more = [register, labels.indexOf(label) !== labels.lastIndexOf(label) && !register ? value : "", kind].filter(Boolean).join(" · ");
        const option = make("li", { id: `${name}-${number}` }, make("span", {}, label), " ", make("small", {}, more));
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        return option;
      }),
    );
    list.hidden = !results.length;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", String(!list.hidden));
    tell(results.length ? `${results.length} suggestion${results.length === 1 ? "" : "s"}` : "No suggestion");
  };

  const ask = async () => {
    asking?.abort();
    const text = input.value.trim();
    if (!text) {
      close();
      return;
    }
    asking = new AbortController();
    const { signal } = asking;
    try {
      const address = `${root}.json?${new URLSearchParams({ q: text, kind: input.dataset.suggest })}`;
      const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
      const { results } = response.ok ? await response.json() : { results: [] };
      // What was asked for an older text must not replace what is there.
      if (!signal.aborted && document.activeElement === input) show(results);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) ask();
      else {
        // One place more than there are suggestions: the field itself.
        const step = event.key === "ArrowDown" ? 1 : -1;
        const places = shown.length + 1;
        mark(((active + 1 + step + places) % places) - 1);
      }
    } else if (event.key === "Enter" && open && active >= 0) {
      event.preventDefault();
      choose(active);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close();
    }
  });
  // The field keeps the focus while the mouse chooses.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const place = [...list.children].indexOf(event.target.closest("li"));
    if (place >= 0) choose(place);
  });
}
