// The comparison, once it is there: it is shown, and what this tab remembers of pictures is filled in. `element` holds it.
const MOST_ROWS = 50;
const cell = (name, text, type = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  if (type) made.scope = type;
  return made;
};
// Rows [name, labels] of what some of them call otherwise than others; those that say fake against real first.
const listDisagreements = (keys, words) => {
  const rows = [];
  for (const text of (window.facejuryRemembered ?? new Map()).values()) {
    const { name, parts } = JSON.parse(text);
    for (const { part, said } of parts) {
      const labels = keys.map((key) => said[key]), given = new Set(labels.filter((label) => label in words && label !== "failed"));
      if (given.size > 1) rows.push([parts.length > 1 ? `${name}, ${part}` : name, labels, given.has("fake") && given.has("real")]);
    }
  }
  return rows.sort((one, other) => other[2] - one[2]);
};
const fill = () => {
  const shown = element.querySelector(".compared"), place = shown?.querySelector(".yours");
  if (!place || place.dataset.filled) return;
  place.dataset.filled = "yes";
  const words = JSON.parse(place.dataset.words); // by label
  const keys = shown.dataset.keys.split(","), rows = listDisagreements(keys, words);
  if (rows.length) {
    const table = document.createElement("table"), head = table.createTHead().insertRow(), body = table.createTBody();
    const titles = JSON.parse(place.dataset.titles);
    head.append(cell("th", "picture", "col"), ...titles.map((title) => cell("th", title, "col")));
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
    place.firstElementChild.textContent = `They agree on all ${window.facejuryRemembered.size} pictures.`;
  }
  shown.querySelector("h2").focus({ preventScroll: true });
  shown.scrollIntoView({ block: "start" });
};
element.addEventListener("click", (event) => { if (event.target.closest(".close")) trigger("click", { compare: [] }); });
new MutationObserver(fill).observe(element, { childList: true, subtree: true });
fill();
