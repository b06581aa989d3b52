// What was said of the pictures that this browser tab showed: name and labels, in memory only, for the comparison of
// detectors. `element` holds verdicts or the table of a batch, each picture with data-case and data-said.
const remembered = (window.facejuryRemembered ??= new Map());
const remember = () => {
  for (const { dataset } of element.querySelectorAll("[data-said]")) {
    if (!dataset.case || remembered.get(dataset.case) === dataset.said) continue;
    remembered.set(dataset.case, dataset.said);
    document.dispatchEvent(new CustomEvent("facejury:remembered"));
  }
};
new MutationObserver(remember).observe(element, { childList: true, subtree: true, attributeFilter: ["data-case", "data-said"] });
remember();
