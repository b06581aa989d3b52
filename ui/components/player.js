// The player of the video that was judged: it plays the visitor's own upload, whose place stands with the plot, for the
// field may hold another file by now. It says where it is while it plays and when it pauses, and goes where it is told.
// `element` holds it.
const player = element.querySelector(".player"), video = player.querySelector("video"), note = player.querySelector("p");
const say = () => document.dispatchEvent(new CustomEvent("facejury:played", { detail: { at: video.currentTime, paused: video.paused } }));
const goTo = (at) => { if (Math.abs(video.currentTime - at) > 0.01) video.currentTime = at; };

listen("facejury:film", (event) => {
  const path = document.querySelector("#video-person [data-source]")?.dataset.source;
  player.hidden = !path || event.detail === null;
  if (player.hidden) { video.pause(); return; }
  const link = linkTo(path);
  if (video.src !== link) { video.src = link; video.hidden = false; note.hidden = true; }
  if (video.paused) goTo(event.detail);
});
listen("facejury:seek", (event) => { video.pause(); goTo(event.detail); });
video.addEventListener("timeupdate", () => { if (!video.paused) say(); });
video.addEventListener("pause", say);
video.addEventListener("error", () => { video.hidden = true; note.hidden = false; });
