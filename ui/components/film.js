// A person in a video: one time axis for the plot with its cursor, the slider below it and the player above it. What is
// chosen on one moves the others; the frame below is drawn by the server. `element` holds the persons, or one of them;
// `hasPlayer` says whether there is a player.
const svg = () => element.querySelector(".film-plot svg"), slider = () => element.querySelector(".scrub input");
const numbers = (name) => svg().dataset[name].split(" ").map(Number);
const nearest = (values, wanted) => {
  const away = values.map((value) => Math.abs(value - wanted));
  return away.indexOf(Math.min(...away));
};
const send = (name, detail) => hasPlayer && document.dispatchEvent(new CustomEvent(`facejury:${name}`, { detail }));
const told = {};
const tell = (what) => { clearTimeout(told.timer); told.timer = setTimeout(() => trigger("click", what), 120); };
let shown = null, drawn = false; // the frame that was asked for last; whether there is a plot

const put = (x) => {
  svg().querySelector(".cursor").setAttribute("d", `M${x} 0V100`);
  slider().value = x;
};
const show = (index) => {
  shown = index;
  put(numbers("places")[index]);
  tell({ frame: index });
};
const choose = (index) => { show(index); send("seek", numbers("times")[index]); };
const current = () => nearest(numbers("places"), Number(slider().value));

element.addEventListener("input", (event) => { if (event.target === slider()) choose(current()); });
element.addEventListener("keydown", (event) => {
  const last = svg() && numbers("places").length - 1;
  const to = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -last, End: last }[event.key];
  if (event.target !== slider() || to === undefined) return;
  event.preventDefault(); // a step of the slider is a frame
  choose(Math.min(last, Math.max(0, current() + to)));
});
element.addEventListener("click", (event) => {
  const person = event.target.closest("[data-person]"), frame = event.target.closest("[data-frame]");
  const plot = event.target.closest(".film-plot svg");
  if (person) tell({ person: Number(person.dataset.person) });
  if (frame) choose(Number(frame.dataset.frame));
  if (plot) {
    const box = plot.getBoundingClientRect();
    choose(nearest(numbers("places"), (1000 * (event.clientX - box.left)) / box.width));
  }
});
listen("facejury:played", (event) => {
  if (!svg() || !hasPlayer) return;
  const { at, paused } = event.detail, [start, end] = numbers("span"), index = nearest(numbers("times"), at);
  if (!paused) put(Math.min(1000, Math.max(0, (1000 * (at - start)) / (end - start))));
  else if (index !== shown) show(index);
});
const follow = () => {
  shown = null;
  if (svg()) send("film", numbers("times")[(shown = current())]); else if (drawn) send("film", null);
  drawn = Boolean(svg());
};
// Attributes too: of two people whose markup is alike only these are changed.
const watched = { childList: true, subtree: true, attributeFilter: ["data-source", "data-times", "data-places", "data-span"] };
new MutationObserver(follow).observe(element, watched);
follow();
