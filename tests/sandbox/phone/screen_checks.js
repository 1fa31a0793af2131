// Looks over the page as it stands and returns complaints: nameless controls, weak contrast, small targets, overflow.
const shown = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && node.getClientRects().length > 0;
const complaints = [];
const where = (node) => `<${node.tagName.toLowerCase()} class="${node.className.baseVal ?? node.className}"> ${(node.innerText ?? "").trim().slice(0, 30)}`;

const CONTROLS = "a[href], button, input:not([type=file]), select, summary, iframe, [role=button], [role=switch], [role=dialog], [role=log], [tabindex='0']";
const named = (node) => node.getAttribute("aria-label")
  || document.getElementById(node.getAttribute("aria-labelledby") ?? "")?.innerText
  || [...(node.labels ?? [])].map((label) => label.innerText).join("")
  || node.innerText || node.title || node.alt;
for (const node of document.querySelectorAll(CONTROLS)) {
  if (shown(node) && !node.closest('[aria-hidden=true]') && !named(node)?.trim()) complaints.push(`no name: ${where(node)}`);
}
for (const image of document.querySelectorAll("img:not([alt])")) complaints.push(`no alt: ${where(image)}`);

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function rgba(colour) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}
const over = ([r, g, b, a], under) => [r, g, b].map((part, i) => part * a + under[i] * (1 - a));
function ground(node) {
  const layers = [];
  for (let at = node; at; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor));
  return layers.reduce((under, layer) => over(layer, under), [255, 255, 255]);
}
function light(colour) {
  const [r, g, b] = colour.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(node) {
  const under = ground(node);
  const [a, b] = [light(over(rgba(getComputedStyle(node).color), under)), light(under)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !shown(node) || node.closest("noscript, .sr, :disabled, .chip:disabled, .rich-menu")) continue;
  // LINE's own link blue and green keep their colours; they are the account's to choose.
  if (node.closest(".fx-button:not([style*='background'])")) continue;
  const ratio = contrast(node);
  if (ratio < 4.5) complaints.push(`contrast ${ratio.toFixed(2)}: ${where(node)}`);
}
for (const node of document.querySelectorAll("button, select, summary, input:not([type=checkbox], [type=file])")) {
  const { width, height } = node.getBoundingClientRect();
  const inside = node.closest(".fx-bubble, .quick-replies, .imagemap, .rich-menu");
  if (shown(node) && !inside && node.tabIndex >= 0 && (height < 43.5 || width < 40)) complaints.push(`small ${Math.round(width)}×${Math.round(height)}: ${where(node)}`);
}
const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
for (const id of new Set(ids.filter((one, i) => ids.indexOf(one) !== i))) complaints.push(`id twice: ${id}`);
if (document.documentElement.scrollWidth > innerWidth) complaints.push(`wider than the screen: ${document.documentElement.scrollWidth} > ${innerWidth}`);
for (const node of document.querySelectorAll("[tabindex]")) {
  if (node.tabIndex > 0) complaints.push(`own tab order: ${where(node)}`);
}
return complaints;
