// Flex boxes and what stands in them.

import { h } from "./dom.js";
import { text } from "./flextext.js";
import { border, colour, gradient, length, space, textSize, units } from "./flexvalue.js";
import { picture } from "./placeholder.js";
import { pressable } from "./pressable.js";

const BUTTON_HEIGHT = { md: 52, sm: 40 };
const GRAVITY = { top: "flex-start", center: "center", bottom: "flex-end" };
const SIDES = { paddingTop: "Top", paddingBottom: "Bottom", paddingStart: "Left", paddingEnd: "Right" };
const NEVER_GROWS = new Set(["icon", "separator", "spacer"]);

/** Draw a box with all it holds; act(action) runs what is pressed. */
export function box(spec, act) {
  const node = h("div", { class: `fx-box fx-${spec.layout}` });
  ground(node, spec);
  padding(node, spec);
  size(node, spec);
  node.style.justifyContent = spec.justifyContent ?? "";
  node.style.alignItems = spec.alignItems ?? "";
  let first = true;
  for (const child of spec.contents ?? []) {
    const part = component(child, act);
    stand(part, child, spec, first);
    node.append(part);
    first = first && child.position === "absolute";
  }
  if (spec.action) pressable(node, spec.action, act);
  return node;
}

function component(spec, act) {
  const draw = { box, text: pressableText, button, separator, filler, spacer, image, icon: image, video: image }[spec.type];
  return draw ? draw(spec, act) : h("div", { class: "fx-unknown" }, `（${spec.type}）`);
}

function pressableText(spec, act) {
  const node = text(spec);
  if (spec.action) pressable(node, spec.action, act);
  return node;
}

function button(spec, act) {
  const style = spec.style ?? "link";
  const node = h("button", { type: "button", class: `fx-button fx-button-${style}` }, spec.action.label ?? "");
  node.addEventListener("click", (event) => { event.stopPropagation(); act(spec.action); });
  node.style.minHeight = units(BUTTON_HEIGHT[spec.height] ?? BUTTON_HEIGHT.md);
  node.style[style === "link" ? "color" : "backgroundColor"] = colour(spec.color);
  return node;
}

function separator(spec) {
  const node = h("div", { class: "fx-separator" });
  node.style.backgroundColor = colour(spec.color);
  return node;
}

function filler() {
  return h("div", { class: "fx-filler" });
}

function spacer(spec) {
  const node = h("div");
  node.style.padding = `calc(${space(spec.size ?? "md")} / 2)`;
  return node;
}

function image(spec, act) {
  const node = picture(spec);
  if (spec.type === "icon") node.style.width = node.style.height = textSize(spec.size);
  if (spec.action) pressable(node, spec.action, act);
  return node;
}

/** Colours, border and corners of a box. */
function ground(node, spec) {
  node.style.backgroundColor = colour(spec.backgroundColor);
  node.style.backgroundImage = gradient(spec.background);
  const width = border(spec.borderWidth);
  if (width) {
    node.style.borderWidth = width;
    node.style.borderColor = colour(spec.borderColor) || "transparent";
  }
  const radius = space(spec.cornerRadius);
  if (radius) {
    node.style.borderRadius = radius;
    node.classList.add("fx-cut");
  }
}

function padding(node, spec) {
  for (const [name, side] of Object.entries(SIDES)) {
    node.style[`padding${side}`] = space(spec[name] ?? spec.paddingAll);
  }
}

function size(node, spec) {
  for (const name of ["width", "height", "maxWidth", "maxHeight"]) {
    if (spec[name] !== undefined) node.style[name] = length(spec[name]);
  }
}

/** Place a component in its parent box: share of the room, gap to the one before, offsets. */
function stand(node, spec, parent, first) {
  if (spec.position === "absolute") {
    node.classList.add("fx-absolute");
  } else {
    node.style.flex = share(spec, parent);
    if (!first) node.style[parent.layout === "vertical" ? "marginTop" : "marginLeft"] = space(spec.margin ?? parent.spacing);
    if (parent.layout === "horizontal" && spec.gravity) node.style.alignSelf = GRAVITY[spec.gravity] ?? "";
  }
  node.style.top = space(spec.offsetTop);
  node.style.bottom = space(spec.offsetBottom);
  node.style.left = space(spec.offsetStart);
  node.style.right = space(spec.offsetEnd);
}

/** The CSS flex of a component: by default equal shares in a row, own height in a column. */
function share(spec, parent) {
  const column = parent.layout === "vertical";
  const grow = spec.flex ?? defaultGrow(spec, column);
  if (grow === 0) return "none";
  return column ? `${grow} 0 auto` : `${grow} 1 0`;
}

function defaultGrow(spec, column) {
  if (spec.type === "filler") return 1;
  if (column || spec.width !== undefined || NEVER_GROWS.has(spec.type)) return 0;
  return 1;
}
