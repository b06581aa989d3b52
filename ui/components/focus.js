// A button that gives way to another, as Judge does to Cancel and back, leaves the focus to it: browsers drop it, and
// whoever works by keyboard would begin at the top of the page again.
{
  let left = null; // the button that was focused last, and among which it stood
  document.addEventListener("pointerdown", (event) => { if (!left?.button.contains(event.target)) left = null; }, true);
  document.addEventListener("focusin", (event) => {
    const button = event.target.closest?.("button");
    left = button && { button, among: button.parentElement };
  });
  new MutationObserver(() => {
    if (!left || document.activeElement !== document.body || left.button.checkVisibility()) return;
    [...left.among.children].find((one) => one.matches("button") && one.checkVisibility())?.focus({ preventScroll: true });
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["class", "hidden", "style"] });
}
