// The latest attempts: a table that changes at its head and leaves alone what a person is reading.

import { badge, cell, chain, draw, make, when } from "./parts.js";

/** How many rows are shown before somebody asks for more. */
const PAGE = 100;

export class Attempts {
  #api;
  #rows = new Map();
  #open = new Set();
  #limit = PAGE;
  #answer;
  #body = document.querySelector("#attempts tbody");
  #caption = document.getElementById("attempts-caption");
  #empty = document.getElementById("attempts-empty");
  #older = document.getElementById("older");
  #fields = ["query", "result", "surface"].map((name) => document.getElementById(name));
  #loads = 0;

  constructor(api, failed) {
    this.#api = api;
    this.failed = failed;
    let wait;
    const again = (pause) => {
      clearTimeout(wait);
      wait = setTimeout(() => {
        this.#limit = PAGE;
        this.load().catch(failed);
      }, pause);
    };
    this.#fields[0].addEventListener("input", () => again(200));
    for (const field of this.#fields.slice(1)) field.addEventListener("change", () => again(0));
    document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
    this.#older.addEventListener("click", () => this.#more().catch(failed));
  }

  /** Offers the words that can be chosen. */
  words(results, surfaces) {
    for (const [field, words] of [[this.#fields[1], results], [this.#fields[2], surfaces]]) {
      if (field.options.length === 1) field.append(...words.map((word) => make("option", { value: word }, word)));
    }
  }

  get #filter() {
    const [query, result, surface] = this.#fields.map((field) => field.value.trim());
    return { query, result, surface };
  }

  get #filtered() {
    return Object.values(this.#filter).some(Boolean);
  }

  /** Asks anew; an answer that was overtaken by a later question is dropped. */
  async load() {
    const load = ++this.#loads;
    const answer = await this.#api.get("attempts", { ...this.#filter, limit: String(Math.min(this.#limit, 1000)) });
    if (load !== this.#loads) return answer;
    this.#rows = new Map(answer.attempts.map((row) => [row.id, row]));
    this.#answer = answer;
    this.#draw();
    return answer;
  }

  async #more() {
    this.#limit += PAGE;
    const before = this.#rows.size;
    await this.load();
    this.#body.querySelectorAll("button")[before]?.focus();
  }

  /** Takes a row that came or changed. */
  take(row) {
    if (this.#filtered) {
      this.#later();
      return;
    }
    const fresh = !this.#rows.has(row.id);
    this.#rows.set(row.id, row);
    if (fresh) this.#answer.held = Math.min(this.#answer.held + 1, this.#answer.capacity);
    this.#fresh.add(fresh ? row.id : 0);
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  #fresh = new Set();
  #frame;
  #wait;

  #later() {
    this.#wait ??= setTimeout(() => {
      this.#wait = undefined;
      this.load().catch(this.failed);
    }, 1000);
  }

  #draw() {
    this.#frame = undefined;
    const all = [...this.#rows.values()].sort((a, b) => b.id - a.id);
    const rows = all.slice(0, this.#limit);
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    const known = new Map([...this.#body.children].map((line) => [line.dataset.key, line]));
    const focus = document.activeElement?.closest?.("tr")?.dataset.key;
    const lines = rows.flatMap((row) => {
      const line = this.#line(row, known.get(String(row.id)));
      return this.#open.has(row.id) ? [line, this.#details(row, known.get(`${row.id} details`))] : [line];
    });
    this.#place(lines);
    if (focus && document.activeElement === document.body) this.#body.querySelector(`[data-key="${CSS.escape(focus)}"] button`)?.focus();
    this.#fresh.clear();
    const more = this.#answer.before !== null || all.length > rows.length;
    this.#older.hidden = !more;
    this.#empty.hidden = rows.length > 0;
    this.#empty.textContent = this.#filtered ? "Nothing that is held here matches." : "Nothing was tried. Whatever is tried appears here as it comes.";
    this.#caption.textContent = `${rows.length} shown${this.#filtered ? " that match" : ""}, ${this.#answer.held} held, never more than ${this.#answer.capacity}.`;
  }

  /** Puts lines in order, moving none that stands right. */
  #place(lines) {
    const wanted = new Set(lines);
    for (const line of [...this.#body.children]) if (!wanted.has(line)) line.remove();
    let next = this.#body.firstChild;
    for (const line of lines) {
      if (line === next) next = next.nextSibling;
      else this.#body.insertBefore(line, next);
    }
  }

  #line(row, known) {
    const state = JSON.stringify(row) + this.#open.has(row.id);
    if (known?.dataset.row === state) return known;
    const kind = row.event === "undecidable" ? "undecidable" : row.result;
    const wrong = row.served === "mismatch";
    const sent = row.sent_model ?? row.applied_model;
    const requested = row.event === "undecidable" ? `undecidable: ${row.reason}` : row.requested_model ?? row.requested_value;
    const line = make(
      "tr",
      { role: "row", "data-key": row.id, class: this.#fresh.has(row.id) ? "fresh" : undefined },
      cell({ class: "when" }, when(row.ts)),
      cell({}, badge(wrong ? "mismatch" : kind)),
      cell({ class: "names" }, chain(requested, sent, row.served_model ?? (row.served === "undeclared" ? "not said" : undefined), wrong)),
      cell({ class: "wide" }, row.surface),
      cell({ class: "wide" }, row.source ?? ""),
      cell({ class: "wide where" }, row.place ?? row.path ?? ""),
      cell({ class: "more" }, this.#button(row)),
    );
    line.dataset.row = state;
    return line;
  }

  #button(row) {
    const open = this.#open.has(row.id);
    const arrow = draw("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, draw("path", { d: "M5 2.5 9.5 7 5 11.5" }));
    const button = make("button", { type: "button", "aria-expanded": String(open), "aria-label": `Details of ${row.requested_model ?? row.requested_value ?? row.event} at ${row.ts}` }, arrow);
    button.addEventListener("click", () => {
      if (!this.#open.delete(row.id)) this.#open.add(row.id);
      this.#draw();
    });
    return button;
  }

  #details(row, known) {
    const state = JSON.stringify(row);
    if (known?.dataset.row === state) return known;
    const members = Object.entries(row).filter(([name]) => name !== "id");
    const list = make("dl", {}, ...members.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)))));
    const line = make("tr", { role: "row", class: "details", "data-key": `${row.id} details` }, cell({ colspan: 7 }, list));
    line.dataset.row = state;
    return line;
  }
}
