// The address names the view: ?view=detectors/blend, ?view=learn/forge, or ?view=check/12 for an entry of the history.
// Tabs and entries change it, and it changes them: when the page opens, on links like these, and by back and forward.
const FIRST = ["compare", "guide"]; // the views that a tab begins with are not named
const PATIENCE = 8000; // milliseconds in which a view must have appeared
const BUILT = 3000; // and in which the page must have built the tab that the view lies in
const OTHERS = ["api", "settings"]; // values that are the framework's own

const find = (selector) => document.querySelector(selector);
const tab = (id) => find(`[role="tab"][data-tab-id="${CSS.escape(id)}"]`);
const isChosen = (id) => tab(id)?.ariaSelected === "true";
const isSeen = (part) => Boolean(part?.offsetParent);
const asked = () => {
  const given = new URLSearchParams(location.search);
  return given.get("view") ?? (given.has("history") ? `check/${given.get("history")}` : "check");
};

let shown = asked(), wanted = null, until = 0, sent = false, compareSent = false, detector = null;

const judgedEntry = () => (find("#verdicts .summary") ? find("#recorded [data-entry]")?.dataset.entry : undefined);
const compared = () => find(".compared")?.dataset.keys;
const split = (view) => /^([^/]*)(?:\/(.*))?$/.exec(view).slice(1); // the key of a detector of the Hub has a slash
const inAnyOrder = (view) => view?.replace("detectors/", "").split(",").sort().join();
const openEntry = () => [...document.querySelectorAll("#entry [data-entry]")].find(isSeen)?.dataset.entry;

// What can be seen now; null while the page is being built.
const look = () => {
  const top = ["check", "history", "learn", "detectors"].find(isChosen);
  if (top === "check") {
    const part = ["batch", "video", "audio", "live"].find(isChosen);
    return part ? `check/${part}` : judgedEntry() ? `check/${judgedEntry()}` : "check";
  }
  if (top === "history") {
    if (openEntry()) return `check/${openEntry()}`;
    return isSeen(find("#entry")) && shown.startsWith("check/") ? shown : "history"; // an entry that is not there
  }
  if (top === "learn") return ["game", "forge"].filter(isChosen).map((part) => `learn/${part}`)[0] ?? "learn";
  const part = top === "detectors" && (detector ?? compared());
  return part ? `detectors/${part}` : top ?? null;
};

// Whether there is such a view, as far as can be seen yet: what lies in a tab is only built once that is chosen.
const isThere = (view) => {
  const [head, part] = split(view);
  if (!tab("check")) return true;
  if (!tab(head)) return false;
  if (head === "check" && /^\d+$/.test(part ?? "")) return Boolean(tab("history"));
  if (!part || part.includes(",") || !isChosen(head)) return true;
  return Boolean(head === "detectors" ? !find("details.detector") || find(`#detector-${CSS.escape(part)}`) : tab(part));
};
const sayMissing = (missing) => { if (find(".no-view")) find(".no-view").hidden = !missing; };

const press = (id) => { if (tab(id) && !isChosen(id)) tab(id).click(); };

// One more step towards a view; called again after every change of the page until it is there.
const approach = (view) => {
  const [head, part] = split(view);
  const isEntry = head === "check" && /^\d+$/.test(part ?? "");
  if (isEntry && part !== judgedEntry() && tab("history")) {
    press("history");
    if (!sent && isChosen("history")) { sent = true; document.dispatchEvent(new CustomEvent("facejury:open", { detail: Number(part) })); }
    return;
  }
  press(head);
  if (head === "check" || head === "learn") {
    const inner = part && !isEntry ? part : FIRST[head === "check" ? 0 : 1];
    press(inner);
  }
  if (head === "history" && isSeen(find("#entry"))) find("#entry .back-to-list")?.click();
  if (head === "detectors") {
    const others = part?.includes(",");
    if (compared() && compared() !== part) find(".compared .close").click();
    else if (others && !compared() && !compareSent && find(".compare.ready")) {
      compareSent = true;
      document.dispatchEvent(new CustomEvent("facejury:compare", { detail: part.split(",") }));
    }
    const fold = part && !others && find(`#detector-${CSS.escape(part)}`);
    if (fold) { fold.open = true; detector = part; fold.scrollIntoView({ block: "start" }); }
    if (!part || others) detector = null;
  }
};

const write = (view, replace) => {
  const to = new URLSearchParams(location.search);
  to.delete("history");
  if (view === "check") to.delete("view"); else to.set("view", view);
  const query = to.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  history[replace ? "replaceState" : "pushState"](history.state, "", `${location.pathname}${query && "?"}${query}${replace ? location.hash : ""}`);
};

const settle = () => {
  const view = look();
  let missing = false;
  if (wanted?.includes(",") && wanted !== view && inAnyOrder(wanted) === inAnyOrder(view)) {
    wanted = shown = view; // the table has an order of its own
    write(view, true);
  }
  if (wanted !== null) {
    missing = view !== wanted && (Date.now() > until || (Date.now() > until - PATIENCE + BUILT && !isThere(wanted)));
    if (view === wanted || missing) wanted = null; else { approach(wanted); return; }
  }
  for (const link of document.querySelectorAll(".dock a")) {
    if (isChosen(link.dataset.tab)) link.ariaCurrent = "page"; else link.ariaCurrent = null;
  }
  if (view === null || view === shown || OTHERS.includes(asked())) return;
  const kept = shown === "check" && view === `check/${judgedEntry()}`; // the same view: its result is kept now
  sayMissing(missing);
  shown = view;
  write(view, kept || missing);
};
let planned = false;
const plan = () => {
  if (planned) return;
  planned = true;
  setTimeout(() => { planned = false; settle(); }, 30);
};
const go = (view) => { wanted = view; until = Date.now() + PATIENCE; sent = compareSent = false; shown = view; sayMissing(false); plan(); for (const time of [BUILT, PATIENCE]) setTimeout(plan, time + 50); };

new MutationObserver(plan).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-selected", "class"] });
document.addEventListener("toggle", (event) => {
  const key = event.target.matches?.("details.detector") ? event.target.id.replace("detector-", "") : "";
  if (!key) return;
  if (event.target.open) detector = key; else if (detector === key) detector = null;
  plan();
}, true);
document.addEventListener("click", (event) => { // whoever chooses a tab themselves is not taken back from it
  if (event.isTrusted && event.target.closest?.('[role="tab"]')) wanted = null;
}, true);
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="?view="]:not([target])');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const view = new URLSearchParams(link.getAttribute("href")).get("view");
  if (view !== look()) write(view, false);
  go(view);
});
document.addEventListener("keydown", (event) => {
  if (event.target.role !== "tab") return;
  const tabs = [...event.target.parentElement.querySelectorAll('[role="tab"]')], from = tabs.indexOf(event.target);
  const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = tabs[(to + tabs.length) % tabs.length];
  next.focus();
  next.click();
});
addEventListener("popstate", () => { if (!OTHERS.includes(asked())) go(asked()); });
if (!OTHERS.includes(asked()) && asked() !== "check") { sent = true; go(asked()); sent = true; } // the server opens an entry itself
else plan();
