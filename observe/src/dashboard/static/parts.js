// Pieces of the page. Whatever comes from outside becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element: its attributes, then what stands in it. */
export function make(name, attributes = {}, ...content) {
  return fill(document.createElement(name), attributes, content);
}

/** Makes an element of a drawing. */
export function draw(name, attributes = {}, ...content) {
  return fill(document.createElementNS(SVG, name), attributes, content);
}

function fill(element, attributes, content) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...content.filter((piece) => piece !== undefined && piece !== null));
  return element;
}

/** A cell of a table that may be laid out otherwise, and stays one. */
export function cell(attributes, ...content) {
  return make("td", { role: "cell", ...attributes }, ...content);
}

/** Pairs of a description list: a name, a text or element, and a line below it. */
export function pairs(list, rows) {
  list.replaceChildren(
    ...rows.map(([name, value, below, bad]) =>
      make("div", {}, make("dt", {}, name), make("dd", bad ? { class: "is-bad" } : {}, value, below ? make("small", {}, below) : undefined)),
    ),
  );
}

const two = (number) => String(number).padStart(2, "0");

/** The time of day; with its date where that is another day. */
export function when(ts) {
  const at = new Date(ts);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const today = at.toDateString() === new Date().toDateString();
  const shown = today ? clock : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`;
  return make("time", { datetime: ts, title: ts }, shown);
}

/** A length of time in two units. */
export function length(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0 s";
  let left = seconds;
  const shown = units.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count ? `${count} ${unit}` : "";
  });
  return shown.filter(Boolean).join(" ");
}

/** A bound in milliseconds or seconds. */
export function bound(seconds) {
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${seconds} s`;
}

export const count = (number) => number.toLocaleString("en-GB");

/** A word of a closed list with its colour. */
export function badge(word) {
  return make("span", { class: `badge k-${word}` }, word);
}

/** Asked, sent and served side by side. */
export function chain(requested, sent, served, wrong) {
  const piece = (says, model, none) =>
    make("span", { class: model ? (wrong && says === "served" ? "model other" : "model") : "model none" }, make("span", { class: "hidden" }, `${says} `), model || none);
  return make("div", { class: "chain" }, piece("asked", requested, "no model"), piece("sent", sent, "nothing"), piece("served", served, "–"));
}
