// Files pasted on the Check tab, or dropped beside its field, go into that field; the camera buttons press those of
// the photo field. `element` holds the buttons.
const field = () => document.querySelector("#entrance input[type=file]");
const onCheck = () => Boolean(document.querySelector("#entrance, #compare")?.offsetParent);
const give = (files) => {
  const input = field(), carrier = new DataTransfer();
  if (!input || !files.length) return false;
  for (const file of files) carrier.items.add(file);
  input.files = carrier.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
};
document.addEventListener("paste", (event) => {
  if (onCheck() && event.clipboardData?.files.length && give(event.clipboardData.files)) event.preventDefault();
});
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // else the browser leaves the page and shows the file
    if (kind === "drop" && onCheck()) give(event.dataTransfer.files);
  });
}
const CAMERA = 2, CLIPBOARD = 3; // of the photo field's ways, in their order: their names are translated
const press = (way) => document.querySelector(`#photo .source-selection button:nth-of-type(${way})`)?.click();
element.querySelector(".take").addEventListener("click", () => {
  press(CAMERA);
  setTimeout(() => document.querySelector('#photo .image-container div[title] > button')?.click(), 100);
});
element.querySelector(".paste").addEventListener("click", () => press(CLIPBOARD));
// browsers give neither to pages over plain http, except those of their own machine
if (!navigator.mediaDevices?.getUserMedia) element.querySelector(".take").style.display = "none";
if (!navigator.clipboard?.read) element.querySelector(".paste").style.display = "none";
