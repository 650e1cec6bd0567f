// Runs the query in place: asks the same address for the same page and takes its answer out of it.
import { makeSortable } from "./sorting.js";

export class Asking {
  constructor(form, status, { showFault, clearFault, setText }) {
    this.form = form;
    this.status = status;
    this.result = document.getElementById("result");
    this.most = Number(form.dataset.most);
    this.hooks = { showFault, clearFault, setText };
    this.present = null;
    this.dress();
  }

  // Sends what the form holds; a long query, or one that is to stay out of the address, by POST.
  run(post = false) {
    const fields = new URLSearchParams(new FormData(this.form));
    if (post || fields.get("query").length > this.most) {
      return this.ask(location.pathname, { method: "POST", body: fields }, location.pathname);
    }
    const address = `${location.pathname}?${fields}`;
    return this.ask(address, {}, address);
  }

  async ask(address, options, shown) {
    this.stop(false);
    const run = { name: makeName(), abort: new AbortController() };
    this.present = run;
    this.hooks.clearFault();
    const wait = this.wait();
    try {
      const answer = await fetch(address, { ...options, headers: { Accept: "text/html", "X-Request-ID": run.name }, signal: run.abort.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (this.present !== run) return;
      if (shown && shown !== location.pathname + location.search) history.pushState(null, "", shown);
      document.title = page.title;
      this.take(page);
      if (!shown) this.hooks.setText(page.getElementById("query")?.value ?? "");
      this.dress();
    } catch (error) {
      if (error.name !== "AbortError" && this.present === run) this.say("The server cannot be reached. Look whether it runs, then run the query again.", true);
    } finally {
      clearInterval(wait);
      if (this.present === run) {
        this.present = null;
        this.result.removeAttribute("aria-busy");
        document.getElementById("waiting")?.remove();
      }
    }
  }

  // Stops waiting, and asks the server to end the query.
  async stop(told = true) {
    const run = this.present;
    if (!run) return;
    this.present = null;
    document.getElementById("waiting")?.remove();
    this.result.removeAttribute("aria-busy");
    let stopped = false;
    try {
      const answer = await fetch(this.form.dataset.running + encodeURIComponent(run.name), { method: "DELETE" });
      stopped = answer.ok && (await answer.json()).stopped;
    } catch {
      // Said below.
    }
    run.abort.abort();
    if (!told) return;
    const latest = this.form.dataset.seconds ? ` It ends by itself after ${Number(this.form.dataset.seconds)} seconds.` : "";
    this.say(stopped ? "Stopped. The server has ended the query." : `Stopped waiting; the server did not say that it ended the query.${latest}`, true);
  }

  wait() {
    const box = document.createElement("p");
    box.id = "waiting";
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", "The query runs");
    const text = document.createElement("span");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "secondary";
    button.textContent = "Cancel";
    button.addEventListener("click", () => this.stop());
    box.append(bar, text, button);
    document.getElementById("waiting")?.remove();
    this.result.before(box);
    this.result.setAttribute("aria-busy", "true");
    this.say("Running …");
    const begun = performance.now();
    return setInterval(() => (text.textContent = `${Math.round((performance.now() - begun) / 1000)} s`), 500);
  }

  take(page) {
    const found = page.getElementById("result");
    if (found) {
      this.result.replaceChildren(...found.childNodes);
    } else {
      // A page of another kind, such as that of a server which is too busy: its words are what matters.
      const heading = Object.assign(document.createElement("h2"), { id: "answer", textContent: page.querySelector("h1")?.textContent ?? "No answer" });
      const words = Object.assign(document.createElement("p"), { className: "warn", textContent: page.querySelector(".intro")?.textContent ?? "The server gave no answer." });
      this.result.replaceChildren(heading, words);
    }
  }

  // Adds to an answer what only a script can do.
  dress() {
    const section = this.result.querySelector("section");
    const heading = this.result.querySelector("h2");
    if (!heading) return;
    const told = this.result.querySelector(".told, .warn");
    // A fault is an alert already, and says itself.
    this.say(this.result.querySelector("[role=alert]") ? "" : [heading, told].map((part) => part?.textContent.trim()).filter(Boolean).join(". "));
    for (const table of this.result.querySelectorAll("table")) makeSortable(table, (text) => this.say(text));
    if (section?.dataset.line) this.hooks.showFault(Number(section.dataset.line), Number(section.dataset.column), told.textContent.trim());
    const formats = this.result.querySelector("p.formats");
    if (formats && location.search) formats.append(" ", copyButton((text) => this.say(text)));
  }

  say(text, seen = false) {
    this.status.textContent = text;
    this.status.classList.toggle("aside", !seen);
  }
}

function copyButton(say) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy secondary outline";
  button.textContent = "Copy the address";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      say("Copied. Whoever opens the address sees this query and its answer.");
      button.textContent = "Copied";
    } catch {
      say("The browser does not let a page copy here; take the address from its address bar.");
    }
    setTimeout(() => (button.textContent = "Copy the address"), 2000);
  });
  return button;
}

// The server stops a query by this name, which nobody else knows.
function makeName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
