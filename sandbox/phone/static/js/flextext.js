// Flex text and its spans.

import { h } from "./dom.js";
import { colour, textSize, units } from "./flexvalue.js";

const LINE_HEIGHT = 1.4;
const DECORATION = { underline: "underline", "line-through": "line-through" };

/** Draw a text component. */
export function text(spec) {
  const node = h("div", { class: "fx-text" });
  face(node, spec);
  node.style.fontSize = textSize(spec.size);
  node.style.textAlign = spec.align ?? "";
  if (spec.lineSpacing) {
    node.style.lineHeight = `calc(${LINE_HEIGHT}em + ${units(parseFloat(spec.lineSpacing))})`;
  }
  wrapping(node, spec);
  if (spec.contents?.length) node.append(...spec.contents.map(span));
  else node.textContent = spec.text ?? "";
  return node;
}

function span(spec) {
  const node = h("span", {}, spec.text ?? "");
  face(node, spec);
  if (spec.size) node.style.fontSize = textSize(spec.size);
  return node;
}

function face(node, spec) {
  node.style.color = colour(spec.color);
  node.style.fontWeight = spec.weight === "bold" ? "700" : "";
  node.style.fontStyle = spec.style === "italic" ? "italic" : "";
  node.style.textDecoration = DECORATION[spec.decoration] ?? "";
}

function wrapping(node, spec) {
  node.classList.toggle("fx-wrap", spec.wrap === true);
  if (spec.wrap && spec.maxLines > 0) {
    node.classList.add("fx-clamp");
    node.style.webkitLineClamp = String(spec.maxLines);
  }
}
