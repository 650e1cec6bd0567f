// Two buttons that walk from one marked passage of a source document to the next. The list of passages does the same without them.
const text = document.querySelector("[data-jump]");
const marks = text ? [...text.querySelectorAll("a.mark")] : [];
if (marks.length > 1) {
  const bar = document.createElement("div");
  bar.className = "jump";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Walk through the passages");
  const told = document.createElement("span");
  told.setAttribute("role", "status");
  let at = -1;
  const go = (step) => {
    const focused = marks.indexOf(document.activeElement);
    at = Math.max(0, Math.min(marks.length - 1, (focused >= 0 ? focused : at) + step));
    text.querySelector(".here")?.classList.remove("here");
    marks[at].classList.add("here");
    marks[at].scrollIntoView({ block: "center" });
    told.textContent = `Mark ${at + 1} of ${marks.length}`;
  };
  for (const [words, step] of [["Previous passage", -1], ["Next passage", 1]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "secondary outline";
    button.textContent = words;
    button.addEventListener("click", () => go(step));
    bar.append(button);
  }
  bar.append(told);
  text.before(bar);
}
