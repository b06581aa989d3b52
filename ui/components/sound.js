// The player of the sound that was judged: it plays the visitor's own upload, whose place stands with the plots, for the
// field may hold another file by now. A line on each plot says where it is; a click on a plot goes there. `element`
// holds the player.
const box = element.querySelector(".sound-player"), audio = box.querySelector("audio"), note = box.querySelector("p");
const shown = () => document.querySelector("#audio-result .sound");
const span = () => shown().dataset.span.split(" ").map(Number);
const put = () => {
  if (!shown()) return;
  const [start, end] = span(), share = (audio.currentTime - start) / (end - start);
  for (const line of shown().querySelectorAll(".now")) {
    line.hidden = !(share >= 0 && share <= 1);
    line.style.left = `${100 * share}%`;
  }
};
const follow = () => {
  const path = shown()?.dataset.source;
  box.hidden = !path;
  if (box.hidden) { audio.pause(); return; }
  const link = linkTo(path);
  if (audio.src !== link) { audio.src = link; audio.hidden = false; note.hidden = true; }
};
for (const name of ["timeupdate", "seeked"]) audio.addEventListener(name, put);
audio.addEventListener("error", () => { audio.hidden = true; note.hidden = false; });
listen("click", (event) => {
  const plot = event.target.closest?.("#audio-result .drawn > div:last-child");
  if (!plot) return;
  const place = plot.getBoundingClientRect(), [start, end] = span();
  audio.currentTime = start + ((end - start) * (event.clientX - place.left)) / place.width;
  put();
});
const result = document.querySelector("#audio-result");
if (result) new MutationObserver(follow).observe(result, { childList: true, subtree: true, attributeFilter: ["data-source"] });
