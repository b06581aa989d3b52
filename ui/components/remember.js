// What was said of the pictures that this browser tab showed: name and labels, in memory only, for the comparison of
// detectors. `element` holds verdicts or the table of a batch, each picture with data-case and data-said.
const remembered = (window.facejuryRemembered ??= new Map());
const remember = () => {
  for (const one of element.querySelectorAll("[data-said]")) if (one.dataset.case) remembered.set(one.dataset.case, one.dataset.said);
};
new MutationObserver(remember).observe(element, { childList: true, subtree: true });
remember();
