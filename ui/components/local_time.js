// Times as the visitor's own clock and language have them; the server knows only UTC, which stays as a tooltip and without scripts.
const say = (time) => {
  time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.dataset.locale ?? [], { dateStyle: "medium", timeStyle: "short" });
};
const localise = () => {
  for (const time of element.querySelectorAll("time:not([title])")) {
    time.title = time.textContent;
    say(time);
  }
};
// The framework puts other times into the place of the last ones, and takes their titles away.
new MutationObserver(localise).observe(element, { childList: true, subtree: true, attributeFilter: ["datetime", "title"] });
// language.js writes the locale after every choice of a language.
new MutationObserver(() => element.querySelectorAll("time[title]").forEach(say)).observe(document.documentElement, { attributeFilter: ["data-locale"] });
localise();
