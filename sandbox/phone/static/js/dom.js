// Elements made without HTML text, so that nothing a message holds can become markup.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element; names starting with "on" become listeners, empty children are left out. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Make a hidden-from-readers drawing of a sprite symbol. */
export function drawing(symbol, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#${symbol}`);
  svg.append(use);
  return svg;
}

/** Put nodes in order below a parent; do nothing when they already stand so, and keep the focus. */
export function arrange(parent, nodes) {
  const standing = [...parent.children];
  if (standing.length === nodes.length && nodes.every((node, i) => node === standing[i])) return;
  const focused = document.activeElement;
  parent.replaceChildren(...nodes);
  if (parent.contains(focused)) focused.focus({ preventScroll: true });
}

function setAttribute(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else node.setAttribute(name, value === true ? "" : value);
}
