// 行政區 → 級別 → 學校 without a round trip; without scripts each step has its own button.

const chooser = document.querySelector("[data-directory]");
const directory = JSON.parse(chooser.dataset.directory);
const [district, level, school] = ["district", "level", "school_code"].map(
  (name) => chooser.elements[name],
);
const target = document.querySelector("[data-binding]");
const ORDER = JSON.parse(chooser.dataset.levels);
const { choose, districtFirst, levelFirst } = chooser.dataset;

// From here on the selects themselves are sent with the facts.
target.querySelectorAll("[data-mirror]").forEach((mirror) => mirror.remove());
chooser.querySelectorAll("[data-step]").forEach((button) => button.remove());
[district, level, school].forEach((select) => select.setAttribute("form", target.id));

function fill(select, options, hint) {
  const kept = select.value;
  const isReady = options.length > 0;
  select.replaceChildren(new Option(isReady ? choose : hint, ""));
  options.forEach(([value, text]) => select.add(new Option(text, value)));
  select.value = options.some(([value]) => value === kept) ? kept : "";
  select.disabled = !isReady;
}

function showLevels() {
  const there = new Set(directory.filter(([place]) => place === district.value).map((row) => row[1]));
  const levels = ORDER.filter(([name]) => there.has(name));
  fill(level, levels, districtFirst);
  if (levels.length === 1) level.value = levels[0][0];
  showSchools();
}

function showSchools() {
  const rows = directory.filter(([place, kind]) => place === district.value && kind === level.value);
  fill(school, rows.map(([, , code, name]) => [code, name]), levelFirst);
  if (rows.length === 1) school.value = rows[0][2];
}

district.addEventListener("change", showLevels);
level.addEventListener("change", showSchools);
showLevels();
