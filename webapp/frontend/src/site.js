import "./shared/law.js";

// What pages gain with JavaScript; all of them work without it.
import { useShortcuts } from "./shared/shortcuts.js";
import { suggest } from "./shared/typeahead.js";

for (const code of document.querySelectorAll("code[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy secondary outline";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the IRI");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  code.after(button);
}

for (const input of document.querySelectorAll("input[data-suggest]")) suggest(input);
useShortcuts();

// A link to an activity opens it; printing opens all of them.
const open = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
};
addEventListener("hashchange", open);
open();
addEventListener("beforeprint", () => document.querySelectorAll("details.activity").forEach((details) => (details.open = true)));
