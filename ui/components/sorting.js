// A click on a head sorts the table below it by that column: numbers from the greatest, words from A; another click the
// other way. `element` holds the table.
const valueOf = (cell) => cell.dataset.value ?? cell.textContent.trim();
element.addEventListener("click", (event) => {
  const button = event.target.closest("table.sortable thead button");
  if (!button) return;
  const head = button.closest("th"), body = head.closest("table").tBodies[0];
  const place = [...head.parentElement.children].indexOf(head);
  const rows = [...body.rows].map((row) => ({ row, value: valueOf(row.cells[place]) }));
  const first = rows.some(({ value }) => Number.isNaN(Number(value))) ? "ascending" : "descending";
  const other = first === "ascending" ? "descending" : "ascending", order = head.ariaSort === first ? other : first;
  const compare = first === "ascending" ? (a, b) => a.localeCompare(b) : (a, b) => Number(a) - Number(b);
  for (const column of head.parentElement.children) column.removeAttribute("aria-sort");
  head.ariaSort = order;
  const sign = order === "ascending" ? 1 : -1;
  body.append(...rows.sort((one, next) => sign * compare(one.value, next.value)).map(({ row }) => row));
});
