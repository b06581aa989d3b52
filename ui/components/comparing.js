// Two to four detectors are ticked in the table and compared below it. `element` holds the table and the button.
const MOST = 4;
const picks = () => [...element.querySelectorAll(".pick")];
const picked = () => picks().filter((one) => one.checked).map((one) => one.value);
const button = () => element.querySelector(".compare");
const count = () => {
  const keys = picked();
  for (const one of picks()) one.disabled = !one.checked && keys.length >= MOST;
  button().disabled = keys.length < 2;
};
const compareThese = (keys) => {
  for (const one of picks()) one.checked = keys.includes(one.value);
  count();
  if (!button().disabled) trigger("click", { compare: picked() });
};
element.addEventListener("change", (event) => { if (event.target.matches(".pick")) count(); });
element.addEventListener("click", (event) => { if (event.target.closest(".compare")) compareThese(picked()); });
listen("facejury:compare", (event) => compareThese(event.detail));
button()?.classList.add("ready"); // for whoever sends that event
