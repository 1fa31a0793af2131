// A rich menu: its picture with a real button over every area.

import { h } from "./dom.js";

/** Draw a menu; act(action) runs what is pressed. */
export function richMenu(menu, act) {
  const { width, height } = menu.size;
  const node = h("div", { class: "rich-menu", role: "group", "aria-label": menu.chat_bar_text });
  const image = h("img", {
    src: menu.image_url, alt: "", width, height,
    // Without its picture the menu still says what each area does.
    onerror: () => { image.remove(); node.classList.add("rich-menu-bare"); },
  });
  node.style.aspectRatio = `${width} / ${height}`;
  node.append(image, ...menu.areas.map((area) => areaButton(area, menu.size, act)));
  return node;
}

function areaButton({ bounds, action }, size, act) {
  const name = action.label ?? action.text ?? action.displayText ?? "開啟";
  const node = h("button", { type: "button", "aria-label": name, onclick: () => act(action) }, h("span", {}, name));
  const percent = (part, whole) => `${(part / whole) * 100}%`;
  node.style.left = percent(bounds.x, size.width);
  node.style.top = percent(bounds.y, size.height);
  node.style.width = percent(bounds.width, size.width);
  node.style.height = percent(bounds.height, size.height);
  return node;
}
