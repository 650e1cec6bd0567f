// Sorts the rows that are on the page, by what stands in a column.
export function makeSortable(table, say) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  if (body.rows.length < 2) return;
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [rank(row.cells[place]), row]);
      rows.sort(([one], [other]) => compare(one, other, down));
      body.append(...rows.map(([, row]) => row));
      say(`Sorted by ${button.textContent}, ${down ? "descending" : "ascending"}.`);
    });
  });
}

function rank(cell) {
  const text = cell.dataset.rank ?? cell.textContent.trim();
  const number = text !== "" && Number.isFinite(Number(text)) ? Number(text) : null;
  return { text, number };
}

// Cells without a value come last either way, numbers before words.
function compare(one, other, down) {
  if (!one.text || !other.text) return Number(!one.text) - Number(!other.text);
  if ((one.number === null) !== (other.number === null)) return one.number === null ? 1 : -1;
  const order = one.number === null ? one.text.localeCompare(other.text, "en-GB", { numeric: true }) : one.number - other.number;
  return down ? -order : order;
}
