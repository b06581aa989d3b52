// The comparison, once it is there: it is shown, and what this tab remembers of pictures is filled in. `element` holds it.
const MOST_ROWS = 50;
const cell = (name, text, type = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  if (type) made.scope = type;
  return made;
};
// How many pictures at least two of them gave a label, and rows [name, labels] of what some of them call otherwise than
// others; those that say fake against real first.
const listDisagreements = (keys, words) => {
  const rows = [];
  let count = 0;
  for (const text of (window.facejuryRemembered ?? new Map()).values()) {
    const { name, parts } = JSON.parse(text);
    const asked = parts.map(({ part, said }) => {
      const labels = keys.map((key) => said[key]);
      return { part, labels, given: labels.filter((label) => label in words && label !== "failed") };
    });
    if (asked.some(({ given }) => given.length > 1)) count += 1;
    for (const { part, labels, given } of asked) {
      const isSplit = new Set(given).size > 1;
      if (isSplit) rows.push([parts.length > 1 ? `${name}, ${part}` : name, labels, given.includes("fake") && given.includes("real")]);
    }
  }
  return { count, rows: rows.sort((one, other) => other[2] - one[2]) };
};
const sayAgreed = (count) => {
  if (count === 0) return "No picture was judged by two of them.";
  return count === 1 ? "They agree on the one picture that two of them judged." : `They agree on all ${count} pictures that two of them judged.`;
};
const fill = () => {
  const shown = element.querySelector(".compared"), place = shown?.querySelector(".yours");
  if (!place) return;
  const isNew = place.dataset.filled === undefined;
  const words = JSON.parse(place.dataset.words); // by label
  const keys = shown.dataset.keys.split(","), { count, rows } = listDisagreements(keys, words);
  const found = JSON.stringify([keys, count, rows]);
  if (place.dataset.filled === found) return; // the page's language may have changed the words since
  place.dataset.filled = found;
  if (rows.length) {
    const table = document.createElement("table"), head = table.createTHead().insertRow(), body = table.createTBody();
    const titles = JSON.parse(place.dataset.titles);
    head.append(cell("th", "Picture", "col"), ...titles.map((title) => cell("th", title, "col")));
    for (const [name, labels] of rows.slice(0, MOST_ROWS)) {
      const row = body.insertRow();
      row.append(cell("th", name, "row"), ...labels.map((label, at) => {
        const made = cell("td", words[label] ?? "-");
        made.className = label ?? "";
        made.dataset.label = titles[at];
        return made;
      }));
    }
    place.replaceChildren(table);
    if (rows.length > MOST_ROWS) place.append(cell("p", `and ${rows.length - MOST_ROWS} more`));
  } else if (window.facejuryRemembered?.size) {
    place.replaceChildren(cell("p", sayAgreed(count)));
    place.firstElementChild.className = "quiet";
  }
  if (!isNew) return;
  shown.querySelector("h2").focus({ preventScroll: true });
  shown.scrollIntoView({ block: "start" });
};
element.addEventListener("click", (event) => { if (event.target.closest(".close")) trigger("click", { compare: [] }); });
// Of others whose tables are alike only attributes are changed.
new MutationObserver(fill).observe(element, { childList: true, subtree: true, attributeFilter: ["data-keys", "data-titles"] });
listen("facejury:remembered", fill);
fill();
