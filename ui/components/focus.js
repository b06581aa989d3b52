// A button that gives way to something else leaves the focus to it: browsers drop it, and whoever works by keyboard
// would begin at the end of the page, or at its top.
{
  const LIST = ["#entries a[data-entry]", "#search :is(input, textarea)"]; // of the history
  const findSeen = (...selectors) => selectors.flatMap((one) => [...document.querySelectorAll(one)]).find((one) => one.checkVisibility());
  // Finds what stands in a part's place once that is gone.
  const keepPlace = (part) => {
    const before = part.previousElementSibling, after = part.nextElementSibling, around = part.parentElement;
    return (selector) => {
      const now = before ? before.nextElementSibling : around.firstElementChild;
      return now !== after && now?.matches(selector) && now.checkVisibility() ? now : null;
    };
  };
  // Finds where the focus goes when the button that has it is gone: a question's way out is its last button, and beside
  // others there may be one like Cancel for Judge.
  const findOnward = (button) => {
    const question = button.closest(":not(.question) > .question"), among = button.parentElement, place = keepPlace(question ?? button);
    const entry = document.querySelector("#entry [data-entry]")?.dataset.entry;
    const isWayOut = question && button === [...question.querySelectorAll("button")].at(-1);
    if (button.matches(".asks")) return () => [...place(".question")?.querySelectorAll("button") ?? []].at(-1);
    if (question) return () => place(".asks") ?? (isWayOut ? null : findSeen(".back-to-list", ...LIST));
    if (button.matches(".back-to-list")) return () => findSeen(`#entries [data-entry="${entry}"]`, ...LIST);
    if (button.id === "another") return () => findSeen("#entrance button");
    return () => [...among.children].find((one) => one.matches("button") && one.checkVisibility());
  };
  let left = null; // the button that was focused last, and what comes after it
  document.addEventListener("pointerdown", (event) => { if (!left?.button.contains(event.target)) left = null; }, true);
  document.addEventListener("focusin", (event) => {
    const button = event.target.closest?.("button");
    left = button && { button, next: findOnward(button) };
  });
  new MutationObserver(() => {
    if (!left || document.activeElement !== document.body || left.button.checkVisibility()) return;
    left.next()?.focus();
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["class", "hidden", "style"] });
}
