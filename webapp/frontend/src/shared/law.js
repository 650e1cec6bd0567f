// What a cited article asks, shown beside its link on focus and hover. Without this the link has a plain title.
// It can be pointed at, stays until the pointer or the focus leaves, and Escape closes it (WCAG 2.2, 1.4.13).
const tip = document.createElement("span");
tip.id = "law-tip";
tip.className = "law-tip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;
let shown = null;
let closing = 0;

function show(link) {
  clearTimeout(closing);
  if (link.title) {
    link.dataset.law = link.title;
    link.removeAttribute("title");
  }
  if (!link.dataset.law || shown === link) return;
  hide();
  shown = link;
  tip.textContent = link.dataset.law;
  tip.hidden = false;
  document.body.append(tip);
  link.setAttribute("aria-describedby", tip.id);
  const place = link.getBoundingClientRect();
  const left = Math.max(8, Math.min(place.left, document.documentElement.clientWidth - tip.offsetWidth - 8));
  const below = place.bottom + tip.offsetHeight + 8 < innerHeight;
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${(below ? place.bottom : place.top - tip.offsetHeight) + scrollY}px`;
}

function hide() {
  clearTimeout(closing);
  shown?.removeAttribute("aria-describedby");
  shown = null;
  tip.hidden = true;
}

const leave = () => {
  clearTimeout(closing);
  closing = setTimeout(hide, 200);
};
const law = (event) => event.target.closest?.("a.law");
addEventListener("focusin", (event) => (law(event) ? show(law(event)) : hide()));
addEventListener("pointerover", (event) => {
  if (law(event)) show(law(event));
  else if (tip.contains(event.target)) clearTimeout(closing);
  else if (shown && document.activeElement !== shown) leave();
});
addEventListener("keydown", (event) => event.key === "Escape" && hide());
