// Flex bubbles and carousels.

import { drawing, h } from "./dom.js";
import { box } from "./flexbox.js";
import { bubbleWidth, colour, units } from "./flexvalue.js";
import { picture } from "./placeholder.js";
import { onPress, pressable } from "./pressable.js";

const BLOCKS = ["header", "hero", "body", "footer"];
const PADDING = { header: 20, body: 20, footer: 10, hero: 0 };
const SMALL = new Set(["nano", "micro", "deca", "hecto", "kilo"]);
const SMALL_PADDING = 13;
const NEAR = 4;

/** Draw a Flex container. */
export function container(spec, act) {
  return spec.type === "carousel" ? carousel(spec, act) : bubble(spec, act);
}

function carousel(spec, act) {
  const bubbles = (spec.contents ?? []).map((one) => bubble(one, act));
  const strip = h("div", { class: "fx-carousel", tabindex: "0", role: "group", "aria-label": `${bubbles.length} 張，可左右捲動` }, bubbles);
  const arrows = [turner(strip, -1), turner(strip, 1)];
  const draw = () => {
    arrows[0].hidden = strip.scrollLeft < NEAR;
    arrows[1].hidden = strip.scrollLeft + strip.clientWidth > strip.scrollWidth - NEAR;
  };
  strip.addEventListener("scroll", draw);
  new ResizeObserver(draw).observe(strip);
  return h("div", { class: "fx-carousel-frame" }, strip, arrows);
}

/** For a mouse without a wheel that turns sideways; fingers swipe and keys scroll the strip itself. */
function turner(strip, side) {
  const turn = () => strip.scrollBy({ left: side * strip.firstElementChild.offsetWidth, behavior: "smooth" });
  return h("button", { type: "button", class: `fx-turner fx-turner-${side < 0 ? "back" : "on"}`, tabindex: "-1", "aria-hidden": "true", hidden: true, onclick: turn },
    drawing(side < 0 ? "icon-back" : "icon-next"));
}

function bubble(spec, act) {
  const node = h("div", { class: "fx-bubble", dir: spec.direction });
  node.style.width = bubbleWidth(spec.size);
  for (const name of BLOCKS) {
    if (spec[name]) node.append(...block(name, spec, act));
  }
  if (spec.action) pressWhole(node, spec, act);
  return node;
}

/** A block, after its separator line if it has one. */
function block(name, spec, act) {
  const style = spec.styles?.[name] ?? {};
  const content = spec[name];
  const node = content.type === "box" ? box(content, act) : hero(content, act);
  node.classList.add("fx-block", `fx-block-${name}`);
  if (style.backgroundColor) node.style.backgroundColor = colour(style.backgroundColor);
  if (content.type === "box") defaultPadding(node, name, spec);
  if (!style.separator) return [node];
  const line = h("div", { class: "fx-separator" });
  line.style.backgroundColor = colour(style.separatorColor);
  return [line, node];
}

function hero(spec, act) {
  const node = picture(spec);
  if (spec.action) pressable(node, spec.action, act);
  return node;
}

/** What LINE pads where the box says nothing, side by side with what it says. */
function defaultPadding(node, name, spec) {
  const pixels = SMALL.has(spec.size) && PADDING[name] > SMALL_PADDING ? SMALL_PADDING : PADDING[name];
  for (const side of ["Top", "Right", "Bottom", "Left"]) {
    if (!node.style[`padding${side}`]) node.style[`padding${side}`] = units(pixels);
  }
}

/** A bubble with buttons of its own stays a plain area; a button may not hold buttons. */
function pressWhole(node, spec, act) {
  const holdsActions = BLOCKS.some((name) => JSON.stringify(spec[name] ?? null).includes('"action"'));
  if (!holdsActions) return pressable(node, spec.action, act);
  node.classList.add("pressable");
  return onPress(node, () => act(spec.action));
}
