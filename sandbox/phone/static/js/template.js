// Template messages, redrawn as Flex bubbles: simple, and one renderer fewer.

const RATIO = { rectangle: "1.51:1", square: "1:1" };

/** The Flex container that shows a template. */
export function asFlex(template) {
  const look = { ratio: RATIO[template.imageAspectRatio] ?? RATIO.rectangle, fit: template.imageSize === "contain" };
  if (template.type === "image_carousel") return carousel(template.columns.map(imageColumn));
  if (template.columns) return carousel(template.columns.map((column) => card(column, look)));
  return card(template, look, template.type === "confirm");
}

function carousel(contents) {
  return { type: "carousel", contents };
}

function imageColumn({ imageUrl, action }) {
  return {
    type: "bubble", size: "micro",
    hero: { type: "image", url: imageUrl, size: "full", aspectRatio: "1:1", action },
    footer: foot([action]),
  };
}

function card({ title, text, actions = [], thumbnailImageUrl, imageBackgroundColor, defaultAction }, look, sideBySide = false) {
  const words = [
    title ? { type: "text", text: title, weight: "bold", wrap: true } : null,
    text ? { type: "text", text, size: title ? "sm" : "md", wrap: true, color: "#554D41" } : null,
  ].filter(Boolean);
  const hero = {
    type: "image", url: thumbnailImageUrl, size: "full", aspectRatio: look.ratio,
    aspectMode: look.fit ? "fit" : "cover", backgroundColor: imageBackgroundColor, action: defaultAction,
  };
  return {
    type: "bubble", size: "kilo",
    hero: thumbnailImageUrl ? hero : undefined,
    body: words.length ? { type: "box", layout: "vertical", spacing: "sm", contents: words, action: defaultAction } : undefined,
    footer: foot(actions, sideBySide ? "horizontal" : "vertical"),
    styles: { footer: { separator: true } },
  };
}

function foot(actions, layout = "vertical") {
  return { type: "box", layout, contents: actions.map((action) => ({ type: "button", height: "sm", action })) };
}
