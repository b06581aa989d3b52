// A click on a head sorts the table below it by that column, another click the other way. `element` holds the table.
const compare = (one, other) => {
  const [a, b] = [one, other].map((cell) => cell.dataset.value ?? cell.textContent.trim());
  return Number.isNaN(Number(a)) || Number.isNaN(Number(b)) ? a.localeCompare(b) : Number(b) - Number(a);
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("table.sortable thead button");
  if (!button) return;
  const head = button.closest("th"), body = head.closest("table").tBodies[0];
  const place = [...head.parentElement.children].indexOf(head);
  const turned = head.ariaSort === "descending" ? -1 : 1;
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.ariaSort = turned === 1 ? "descending" : "ascending";
  body.append(...[...body.rows].sort((one, other) => turned * compare(one.cells[place], other.cells[place])));
});
