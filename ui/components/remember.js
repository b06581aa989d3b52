// What was said of the pictures that this browser tab showed: name and labels, in memory only, for the comparison of
// detectors. `element` holds verdicts or the table of a batch, each picture with data-case and data-said.
const remembered = (window.facejuryRemembered ??= new Map()), seen = new Map(); // seen: what stood in this element last
// What was said later counts, of each detector by itself: the next time a picture is judged, others may be asked.
const merge = (older, newer) => {
  const { name, parts } = JSON.parse(newer), said = new Map();
  for (const one of [...JSON.parse(older).parts, ...parts]) said.set(one.part, { ...said.get(one.part), ...one.said });
  return JSON.stringify({ name, parts: [...said].map(([part, labels]) => ({ part, said: labels })) });
};
const remember = () => {
  for (const { dataset } of element.querySelectorAll("[data-said]")) {
    if (!dataset.case || seen.get(dataset.case) === dataset.said) continue;
    seen.set(dataset.case, dataset.said);
    const before = remembered.get(dataset.case);
    remembered.set(dataset.case, before ? merge(before, dataset.said) : dataset.said);
    document.dispatchEvent(new CustomEvent("facejury:remembered"));
  }
};
new MutationObserver(remember).observe(element, { childList: true, subtree: true, attributeFilter: ["data-case", "data-said"] });
remember();
