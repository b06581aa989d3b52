// One face at a time: the strip and the boxes choose it, arrow keys move on. `element` holds the drawn verdicts, which
// are replaced as more arrive; what was chosen is applied again then. A new picture begins with its first in the strip.
// The picture zooms by its buttons, a click beside the boxes, Ctrl and the wheel, or + and - while it has the focus.
// A row's eye lays its heat map over the picture, which then shows the face large; the same detector's map follows when
// another face is chosen, where it has one.
const all = (selector) => [...element.querySelectorAll(selector)];
const inOrder = () => all(".strip .thumb").sort((one, other) => one.style.order - other.style.order);

const apply = () => {
  const { case: picture = "", anchor = "" } = element.querySelector(".summary")?.dataset ?? {};
  const shown = `${picture} ${anchor}`; // the anchor tells the frames of a video apart
  if (element.dataset.case !== shown) {
    element.dataset.case = shown;
    for (const name of ["face", "heat", "rate"]) delete element.dataset[name];
    before = null;
    view = { scale: 1, x: 0, y: 0 };
  }
  const chosen = element.dataset.face ?? inOrder()[0]?.dataset.face;
  for (const face of all(".face[data-face]:not([data-face='0'])")) face.hidden = chosen !== undefined && face.dataset.face !== chosen;
  drawRate();
  drawView();
  for (const link of all(".strip .thumb, .scene .box")) {
    if (link.dataset.face === chosen) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }
  drawHeat();
};
// What stands there is said for the base rate that is chosen. The markup is that of the one that is chosen at first.
const drawRate = () => {
  const rates = all(".rate input"), first = rates.find((one) => one.defaultChecked);
  if (!first) return;
  const step = element.dataset.rate ?? first.value;
  for (const one of rates) one.checked = one.value === step;
  for (const part of all("[data-steps], [data-classes], [data-scales]")) {
    if ((part.dataset.step ?? first.value) === step) continue; // the page's language may have changed the words since
    part.dataset.step = step;
    const { steps, classes, scales } = part.dataset;
    if (steps) part.textContent = JSON.parse(steps)[step];
    if (classes) part.className = JSON.parse(classes)[step];
    if (!scales) continue;
    const { said, places } = JSON.parse(scales)[step];
    part.setAttribute("aria-label", said);
    for (const [name, place] of Object.entries(places)) part.style.setProperty(name, place);
  }
};
const LARGEST = 8;
let view = { scale: 1, x: 0, y: 0 }; // x, y: where the picture's corner lies, in widths and heights of the frame
const scene = () => element.querySelector(".viewport");
const drawView = () => {
  const pan = element.querySelector(".pan");
  if (!pan) return;
  pan.style.setProperty("--zoom", view.scale);
  pan.style.transform = view.scale === 1 ? "" : `translate(${100 * view.x}%, ${100 * view.y}%) scale(${view.scale})`;
  scene().classList.toggle("zoomed", view.scale > 1);
  for (const [name, off] of [["in", view.scale >= LARGEST], ["out", view.scale === 1], ["whole", view.scale === 1]]) {
    scene().querySelector(`[data-zoom=${name}]`).disabled = off;
  }
};
const move = (x, y) => {
  const least = 1 - view.scale;
  view = { ...view, x: Math.min(0, Math.max(least, x)), y: Math.min(0, Math.max(least, y)) };
  drawView();
};
// atX, atY: the place that stays where it is, from 0 to 1 of the frame
const zoom = (scale, atX = 0.5, atY = 0.5) => {
  const to = Math.min(LARGEST, Math.max(1, scale)), by = to / view.scale;
  view.scale = to;
  move(atX - (atX - view.x) * by, atY - (atY - view.y) * by);
};
const at = (event) => {
  const box = scene().getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
};
const bringIntoView = (face) => {
  const box = element.querySelector(`.scene .box[data-face="${face}"]`);
  if (!box || view.scale === 1) return;
  const middle = (start, size) => (parseFloat(box.style[start]) + parseFloat(box.style[size]) / 2) / 100;
  move(0.5 - middle("left", "width") * view.scale, 0.5 - middle("top", "height") * view.scale);
};
const choose = (face) => { element.dataset.face = face; apply(); if (heat()) enlarge(); else bringIntoView(face); };

const heat = () => element.querySelector(".pan > .heat");
const FILLED = 0.94; // of the frame, by what a heat map lies on
let before = null; // the view when no heat map was shown yet
let drawn = null; // the markup of the heat map that is shown
const drawHeat = () => {
  const legend = element.querySelector(".legend"), old = heat();
  const eye = all(".face:not([hidden]) .eye").find((one) => one.dataset.heat === element.dataset.heat);
  for (const other of all(".eye")) if (other.ariaPressed !== String(other === eye)) other.ariaPressed = String(other === eye);
  if (!legend) return;
  legend.hidden = !eye;
  if (!eye || drawn !== eye.dataset.map) old?.remove();
  if (!eye) return;
  drawn = eye.dataset.map;
  if (!heat()) element.querySelector(".pan").insertAdjacentHTML("beforeend", drawn);
  legend.querySelector("strong").textContent = eye.dataset.title;
  legend.querySelector(".outweighed").hidden = eye.dataset.label !== "real";
};
// The whole of the heat map in the frame, whichever way it is turned.
const enlarge = () => {
  const [left, top, width, height] = ["left", "top", "width", "height"].map((name) => parseFloat(heat().style[name]) / 100);
  const scale = Math.min(LARGEST, Math.max(1, FILLED / Math.max(width, height)));
  view.scale = scale;
  move(0.5 - (left + width / 2) * scale, 0.5 - (top + height / 2) * scale);
};
const showHeat = (key) => {
  before ??= { ...view };
  element.dataset.heat = key;
  apply();
  enlarge();
  scene().scrollIntoView({ block: "nearest" }); // on a phone it is above the rows
};
const hideHeat = () => {
  delete element.dataset.heat;
  if (before) view = before;
  before = null;
  apply();
};
let held = null; // where a pressed pointer was last, and whether it has moved
element.addEventListener("pointerdown", (event) => {
  if (view.scale === 1 || !event.target.closest(".pan")) return;
  held = { x: event.clientX, y: event.clientY, moved: false };
  addEventListener("pointermove", drag); // of the window: it may leave the picture
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, drop);
});
const drag = (event) => {
  if (!held || !scene()) return;
  const box = scene().getBoundingClientRect();
  if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < (held.moved ? 1 : 4)) return;
  move(view.x + (event.clientX - held.x) / box.width, view.y + (event.clientY - held.y) / box.height);
  held = { x: event.clientX, y: event.clientY, moved: true };
};
const drop = () => {
  removeEventListener("pointermove", drag);
  for (const end of ["pointerup", "pointercancel"]) removeEventListener(end, drop);
  setTimeout(() => { held = null; }); // after the click that follows
};
element.addEventListener("dragstart", (event) => { if (event.target.closest(".scene")) event.preventDefault(); });
element.addEventListener("wheel", (event) => {
  if (!event.ctrlKey || !event.target.closest(".scene")) return; // the wheel alone scrolls the page, as everywhere
  event.preventDefault();
  zoom(view.scale * Math.exp(-event.deltaY / 300), ...at(event));
}, { passive: false });

element.addEventListener("click", (event) => {
  const eye = event.target.closest(".eye");
  if (eye?.ariaPressed === "true") hideHeat(); else if (eye) showHeat(eye.dataset.heat);
  if (event.target.closest(".no-heat")) {
    const from = all(".eye").find((one) => one.ariaPressed === "true");
    hideHeat();
    from?.focus();
  }
  const step = event.target.closest("button[data-zoom]");
  if (step) zoom({ in: view.scale * 2, out: view.scale / 2, whole: 1 }[step.dataset.zoom]);
  const link = event.target.closest("a[data-face]");
  if (held?.moved) { event.preventDefault(); return; }
  if (!link && event.target.closest(".pan")) zoom(view.scale >= LARGEST / 2 ? 1 : view.scale * 2, ...at(event));
  if (!link) return;
  event.preventDefault();
  choose(link.dataset.face);
});
element.addEventListener("keydown", (event) => {
  if (event.target === scene() && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const by = { "+": 2, "=": 2, "-": 0.5, 0: 0 }[event.key];
    const to = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
    if (by !== undefined) { event.preventDefault(); zoom(view.scale * by); }
    if (to && view.scale > 1) { event.preventDefault(); move(view.x + to[0], view.y + to[1]); }
    return;
  }
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
  element.dataset.rate = event.target.value;
  apply();
});
// The framework changes texts and attributes in place where a new frame's markup is like the last one's, and takes away
// attributes that were set here.
const watcher = new MutationObserver(() => { apply(); watcher.takeRecords(); }); // without what `apply` itself changed
watcher.observe(element, { childList: true, subtree: true, characterData: true, attributes: true });
apply();
