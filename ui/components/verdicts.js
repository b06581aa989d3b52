// One face at a time: the strip and the boxes choose it, arrow keys move on. `element` holds the drawn verdicts, which
// are replaced as more arrive; what was chosen is applied again then. A new picture begins with its first in the strip.
const all = (selector) => [...element.querySelectorAll(selector)];
const inOrder = () => all(".strip .thumb").sort((one, other) => one.style.order - other.style.order);

const apply = () => {
  const shown = element.querySelector(".summary")?.dataset.case ?? "";
  if (element.dataset.case !== shown) { element.dataset.case = shown; delete element.dataset.face; }
  const chosen = element.dataset.face ?? inOrder()[0]?.dataset.face;
  for (const face of all(".face[data-face]:not([data-face='0'])")) face.hidden = chosen !== undefined && face.dataset.face !== chosen;
  for (const link of all(".strip .thumb, .scene .box")) {
    if (link.dataset.face === chosen) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }
};
const choose = (face) => { element.dataset.face = face; apply(); };

element.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-face]");
  if (!link) return;
  event.preventDefault();
  choose(link.dataset.face);
});
element.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const from = event.target.closest(".strip .thumb");
  if (!step || !from) return;
  event.preventDefault();
  const thumbs = inOrder(), next = thumbs[(thumbs.indexOf(from) + step + thumbs.length) % thumbs.length];
  next.focus();
  choose(next.dataset.face);
});
element.addEventListener("change", (event) => {
  if (!event.target.closest(".rate")) return;
  const step = event.target.value;
  for (const part of all("[data-steps]")) part.textContent = JSON.parse(part.dataset.steps)[step];
  for (const part of all("[data-classes]")) part.className = JSON.parse(part.dataset.classes)[step];
  for (const part of all("[data-shares]")) part.style.setProperty("--p", JSON.parse(part.dataset.shares)[step]);
});
new MutationObserver(apply).observe(element, { childList: true, subtree: true });
apply();
