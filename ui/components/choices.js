// A list that is not typed in, as build_choice makes them, is shown whole: at any key that does not move in it, the
// framework would leave of it only what is chosen already.
{
  const MOVES = ["ArrowDown", "ArrowUp", "Home", "End", "Enter", "Escape"];
  document.addEventListener("keydown", (event) => {
    if (event.target.matches?.("input[role=combobox][readonly]") && !MOVES.includes(event.key)) event.stopPropagation();
  }, true);
}
