// LINE's Flex values as CSS values.
// Source: https://developers.line.biz/en/docs/messaging-api/flex-message-elements/ and flex-message-layout/.
// --u is the width of one LINE pixel inside the phone frame (chat.css).

const SPACE = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const TEXT = {
  xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 26, "3xl": 32, "4xl": 40, "5xl": 48,
};
const BORDER = { none: 0, light: 0.5, normal: 1, medium: 2, "semi-bold": 3, bold: 4 };
const BUBBLE = { nano: 120, micro: 160, deca: 220, hecto: 241, kilo: 260, mega: 300, giga: 386 };
const COLOUR = /^#(?:[0-9a-f]{6}|[0-9a-f]{8})$/i;

export const space = (value) => length(value, SPACE);
export const textSize = (value = "md") => length(value, TEXT);
export const border = (value) => length(value, BORDER);
export const bubbleWidth = (value = "mega") => units(BUBBLE[value] ?? BUBBLE.mega);

/** A colour as LINE takes it (#RRGGBB or #RRGGBBAA), else "". */
export function colour(value) {
  return COLOUR.test(value ?? "") ? value : "";
}

/** So many LINE pixels. */
export function units(pixels) {
  return pixels === 0 ? "0px" : `calc(var(--u) * ${pixels})`;
}

/** A keyword, px or % length; "" for anything else, which leaves the property alone. */
export function length(value, words = {}) {
  if (value === undefined) return "";
  if (Object.hasOwn(words, value)) return units(words[value]);
  const match = /^(-?\d+(?:\.\d+)?)(px|%)$/.exec(value);
  if (!match) return "";
  return match[2] === "%" ? value : units(Number(match[1]));
}

/** A linearGradient background as CSS, else "". */
export function gradient(background) {
  if (background?.type !== "linearGradient") return "";
  const middle = background.centerColor
    ? `, ${colour(background.centerColor)} ${parseFloat(background.centerPosition ?? "50%")}%` : "";
  return `linear-gradient(${parseFloat(background.angle)}deg, ${colour(background.startColor)}${middle}, ${colour(background.endColor)})`;
}
