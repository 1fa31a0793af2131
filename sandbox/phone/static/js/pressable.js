// Any element that runs a LINE action when pressed, by finger or by keyboard.

/** Make an element run an action; the innermost one pressed wins, as in LINE. */
export function pressable(node, action, act) {
  node.classList.add("pressable");
  node.tabIndex = 0;
  node.setAttribute("role", "button");
  if (action.label) node.setAttribute("aria-label", action.label);
  onPress(node, () => act(action));
}

/** Call back on click, Enter and space, and let no outer area hear of it. */
export function onPress(node, callback) {
  node.addEventListener("click", (event) => {
    event.stopPropagation();
    callback();
  });
  node.addEventListener("keydown", (event) => {
    if (event.target !== node || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    callback();
  });
}
