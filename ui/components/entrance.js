// Files pasted on the Check tab, or dropped beside its field, go into that field; the camera button presses that of
// the photo field. `element` holds the buttons.
const field = () => document.querySelector("#entrance input[type=file]");
const onCheck = () => Boolean(document.querySelector("#entrance, #compare")?.offsetParent);
const give = (files) => {
  const input = field(), carrier = new DataTransfer(), uploading = document.querySelector("#uploading .jury:not([hidden])");
  if (uploading && files.length) uploading.querySelector(".one-at-a-time").hidden = false;
  if (uploading || !input || !files.length) return false;
  for (const file of files) carrier.items.add(file);
  input.files = carrier.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
};
listen("paste", (event) => {
  if (onCheck() && event.clipboardData?.files.length && give(event.clipboardData.files)) event.preventDefault();
});
for (const kind of ["dragover", "drop"]) {
  listen(kind, (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // else the browser leaves the page and shows the file
    if (kind === "drop" && onCheck()) give(event.dataTransfer.files);
  });
}
const why = element.querySelector(".why-not");
const say = (sentence) => { if (why.textContent !== sentence) why.textContent = sentence; why.hidden = !sentence; };
const source = (number) => document.querySelector(`#photo .source-selection button:nth-of-type(${number})`); // names are translated
// Leaving the view, the page or the browser's window before a photo is taken turns the camera off, as it does Live's.
const turnOffUnseen = async () => {
  for (;;) {
    await new Promise((done) => setTimeout(done, 200));
    if (!source(2)?.matches(".selected") || document.querySelector("#photo .image-frame")) return;
    if (document.hidden || !document.querySelector("#photo").checkVisibility()) return source(1).click(); // upload
  }
};
element.querySelector(".take").addEventListener("click", async () => {
  say("");
  try { // the photo field asks as well, and would not say that it got none
    for (const track of (await navigator.mediaDevices.getUserMedia({ video: true })).getTracks()) track.stop();
  } catch (error) { return say(sayNoCamera(error)); }
  source(2)?.click(); // its camera
  setTimeout(() => document.querySelector('#photo .image-container div[title] > button')?.click(), 100);
  turnOffUnseen();
});
element.querySelector(".paste").addEventListener("click", async () => {
  say("");
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((one) => one.startsWith("image/"));
      if (type) return give([new File([await item.getType(type)], `pasted.${type.split("/")[1]}`, { type })]);
    }
    say("There is no picture on the clipboard: copy one, or choose a file.");
  } catch { say("The browser did not let this page read the clipboard: press Ctrl+V here, or choose a file."); }
});
// browsers give neither to pages over plain http, except those of their own machine
if (!navigator.mediaDevices?.getUserMedia) element.querySelector(".take").style.display = "none";
if (!navigator.clipboard?.read) element.querySelector(".paste").style.display = "none";
