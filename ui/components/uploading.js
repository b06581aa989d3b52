// What is on its way to the server is named in place of the verdicts, which are of the picture before it, for as long as
// Gradio's field has neither handed it over nor given it up. `element` holds the notice. The page is built, as page.css
// asks, once the field and the pieces beside it were there together: Gradio takes the field away while it uploads.
const LINGER_MS = 1000; // at most, until something else is said of the file: it may have gone to another view, or failed
const notice = element.querySelector(".jury"), name = notice.querySelector("[translate]"), other = notice.querySelector(".one-at-a-time");
const compare = element.closest("#compare"), find = (selector) => compare.querySelector(selector);
let lingers = null;
const end = () => { notice.hidden = other.hidden = true; };
const isVerdict = ({ target, addedNodes }) =>
  target.closest?.("#verdicts .jury") || (target.closest?.("#verdicts") && [...addedNodes].some((node) => node.matches?.(".jury")));
const look = (changes) => {
  if (["#entrance input", "#options", "#another"].every(find)) document.documentElement.classList.add("built");
  if (find("#entrance :is(.uploading, .file-preview)")) {
    clearTimeout(lingers);
    lingers = null;
    notice.hidden = false;
    const sent = find("#entrance .file-name")?.textContent;
    if (sent && name.textContent !== sent) name.textContent = sent;
  } else if (!notice.hidden && changes.some(isVerdict)) end();
  else if (!notice.hidden) lingers ??= setTimeout(end, LINGER_MS);
};
new MutationObserver(look).observe(compare, { childList: true, characterData: true, subtree: true });
look([]);
