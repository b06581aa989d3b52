// A link that was just made is shown in full, as it is to be sent, and copied by its button.
const show = () => {
  const link = element.querySelector("a.link");
  if (link && link.textContent !== link.href) link.textContent = link.href;
};
element.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const link = element.querySelector("a.link");
  try {
    await navigator.clipboard.writeText(link.href);
    button.textContent = "Copied";
  } catch { // plain http: the browser gives no clipboard
    getSelection().selectAllChildren(link);
  }
});
// The framework puts another link into the place of the last one.
new MutationObserver(show).observe(element, { childList: true, subtree: true, characterData: true, attributeFilter: ["href"] });
show();
