// Template messages, redrawn as Flex bubbles: simple, and one renderer fewer.

/** The Flex container that shows a template. */
export function asFlex(template) {
  const columns = template.columns;
  if (template.type === "image_carousel") return carousel(columns.map((column) => card("", "", [column.action])));
  if (columns) return carousel(columns.map((column) => card(column.title, column.text, column.actions)));
  return card(template.title, template.text, template.actions ?? [], template.type === "confirm");
}

function carousel(contents) {
  return { type: "carousel", contents };
}

function card(title, text, actions, sideBySide = false) {
  const words = [
    title ? { type: "text", text: title, weight: "bold", wrap: true } : null,
    text ? { type: "text", text, size: title ? "sm" : "md", wrap: true, color: "#554D41" } : null,
  ].filter(Boolean);
  return {
    type: "bubble", size: "kilo",
    body: words.length ? { type: "box", layout: "vertical", spacing: "sm", contents: words } : undefined,
    footer: {
      type: "box", layout: sideBySide ? "horizontal" : "vertical",
      contents: actions.map((action) => ({ type: "button", height: "sm", action })),
    },
    styles: { footer: { separator: true } },
  };
}
