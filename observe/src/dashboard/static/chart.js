// What came over time: a drawing for the eye, a table for everybody else.

import { count, draw, make } from "./parts.js";

const HEIGHT = 190;
const LEFT = 34;
const BOTTOM = 20;
const TOP = 8;

const two = (number) => String(number).padStart(2, "0");

export class Chart {
  #series;
  #split = "result";
  #place = document.getElementById("chart");
  #legend = document.getElementById("legend");
  #table = document.getElementById("chart-table");
  #details = document.getElementById("chart-details");

  constructor() {
    new ResizeObserver(() => this.#drawn()).observe(this.#place);
    this.#details.addEventListener("toggle", () => this.#listed());
  }

  set split(split) {
    this.#split = split;
    this.show(this.#series);
  }

  show(series) {
    if (!series) return;
    this.#series = series;
    const all = this.#split === "result" ? series.results : series.surfaces;
    this.words = all.map((word) => [word, sum(series.buckets.map((bucket) => of(bucket, this.#split, word)))]);
    this.#legend.replaceChildren(
      ...this.words.map(([word, total]) => make("li", { class: `k-${word}` }, make("span", { class: "swatch", "aria-hidden": "true" }), make("b", {}, count(total)), word)),
    );
    this.#drawn();
    this.#listed();
  }

  #drawn() {
    const series = this.#series;
    const width = this.#place.clientWidth;
    // Before the page is laid out there is no room for a drawing; it is asked for again when there is.
    if (!series || width < 2 * LEFT) return;
    const shown = this.words.filter(([, total]) => total > 0);
    const most = top(Math.max(4, ...series.buckets.map((bucket) => sum(shown.map(([word]) => of(bucket, this.#split, word))))));
    const scale = (HEIGHT - TOP - BOTTOM) / most;
    const step = (width - LEFT) / series.buckets.length;
    const summary = shown.map(([word, total]) => `${count(total)} ${word}`).join(", ") || "nothing";
    const svg = draw("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `In the last ${series.window}: ${summary}. The table below has the numbers.` });
    for (const at of [0, most / 2, most]) {
      const y = HEIGHT - BOTTOM - at * scale;
      svg.append(draw("line", { x1: LEFT, x2: width, y1: y, y2: y }), draw("text", { x: LEFT - 7, y: y + 4, "text-anchor": "end" }, count(at)));
    }
    series.buckets.forEach((bucket, index) => svg.append(this.#bar(bucket, LEFT + index * step, step, scale, shown)));
    const last = series.buckets.length - 1;
    for (const [index, anchor] of [[0, "start"], [Math.round(last / 2), "middle"], [last, "end"]]) {
      const x = anchor === "end" ? width : LEFT + index * step + (anchor === "middle" ? step / 2 : 0);
      svg.append(draw("text", { x, y: HEIGHT - 5, "text-anchor": anchor }, clock(series, series.buckets[index].ts)));
    }
    this.#place.replaceChildren(svg);
  }

  #bar(bucket, x, step, scale, shown) {
    const group = draw("g");
    const parts = shown.map(([word]) => [word, of(bucket, this.#split, word)]).filter(([, number]) => number > 0);
    if (!parts.length) return group;
    group.append(draw("title", {}, `${clock(this.#series, bucket.ts)}: ${parts.map(([word, number]) => `${count(number)} ${word}`).join(", ")}`));
    group.append(draw("rect", { class: "hit", x, y: TOP, width: step, height: HEIGHT - TOP - BOTTOM }));
    const gap = Math.min(2, step / 4);
    let y = HEIGHT - BOTTOM;
    for (const [word, number] of parts) {
      const high = Math.max(2, number * scale);
      y -= high;
      group.append(draw("rect", { class: `k-${word}`, x: x + gap / 2, y, width: step - gap, height: Math.max(1, high - 1), rx: 1 }));
    }
    return group;
  }

  #listed() {
    const series = this.#series;
    if (!series || !this.#details.open) return;
    const words = this.words.map(([word]) => word);
    const busy = series.buckets.filter((bucket) => bucket.counts.length).reverse();
    const head = make("tr", {}, make("th", { scope: "col" }, "From"), ...words.map((word) => make("th", { scope: "col", class: "number" }, word)));
    const rows = busy.map((bucket) =>
      make("tr", {}, make("th", { scope: "row", class: "when" }, clock(series, bucket.ts)), ...words.map((word) => make("td", { class: "number" }, count(of(bucket, this.#split, word))))),
    );
    const caption = make("caption", {}, busy.length ? `Parts of the last ${series.window} in which something came, the latest first.` : `Nothing came in the last ${series.window}.`);
    this.#table.replaceChildren(make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...rows)));
  }
}

const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);

function of(bucket, split, word) {
  return sum(bucket.counts.filter((part) => part[split] === word).map((part) => part.count));
}

/** The next round number that has a whole half. */
function top(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  const round = [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].map((factor) => Math.round(factor * power));
  return round.find((number) => number >= most && number % 2 === 0);
}

function clock(series, ts) {
  const at = new Date(ts);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return series.window === "7d" ? `${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}` : time;
}
