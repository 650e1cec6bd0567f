// The page of the SPARQL endpoint: an editor, answers in place, and the questions of the catalogue to begin with.
import { forceLinting } from "@codemirror/lint";
import { Asking } from "./sparql/asking.js";
import { mount, replace } from "./sparql/editor.js";
import { clearFault, showFault } from "./sparql/faults.js";
import { fetchTerms } from "./sparql/names.js";

const form = document.querySelector("form[data-query]");
const field = form.elements.query;
let terms = { prefixes: {}, cut: true, terms: [], names: new Set() };

const notice = document.createElement("p");
notice.className = "notice";
notice.setAttribute("role", "status");
const keys = document.createElement("small");
keys.textContent = "Ctrl+Enter runs the query, Ctrl+Space completes a name, F8 goes to the next fault, Tab leaves the editor.";
const status = document.createElement("p");
status.className = "aside";
status.setAttribute("role", "status");

let asking;
const view = mount(field, { known: () => terms, say: (text) => notice.textContent !== text && (notice.textContent = text), run: () => asking.run() });
field.after(notice, keys);
document.getElementById("result").before(status);
asking = new Asking(form, status, {
  showFault: (line, column, message) => {
    showFault(view, line, column, message);
    forceLinting(view);
  },
  clearFault: () => clearFault(view),
  setText: (text) => replace(view, text),
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  asking.run(event.submitter?.formMethod === "post");
});
addEventListener("popstate", () => asking.ask(location.href, {}, ""));

// A question gives its query to the editor, where one step back undoes that.
document.querySelector("form[data-examples]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch(`${location.pathname}?${new URLSearchParams(new FormData(event.target))}`, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const text = page.getElementById("query")?.value;
  if (text) {
    replace(view, text);
    view.focus();
    asking.say("The query of the question is in the editor. Run it, or change it first.", true);
  }
});

fetchTerms(form.dataset.terms).then((found) => {
  terms = { ...found, names: new Set(found.terms.map(([name]) => name)) };
  forceLinting(view);
});
