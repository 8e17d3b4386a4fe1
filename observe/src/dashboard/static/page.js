// The page: what the proxy says of itself, kept fresh, and said to be old where it is.

import { Api, Refused } from "./api.js";
import { Attempts } from "./attempts.js";
import { Chart } from "./chart.js";
import { badge, bound, cell, chain, count, length, make, pairs, when } from "./parts.js";

const at = (id) => document.getElementById(id);
const api = new Api();
const chart = new Chart();
const attempts = new Attempts(api, failed);
const last = { id: "" };
/** The last status, the time of it, and what had been counted. */
let status, updated, counted;
let stop = new AbortController();
let paused = false;

// --- Is the lock holding?

const VERDICTS = {
  force: (model) => ["Whatever model is requested, ", model, " runs."],
  reject: (model) => ["Only ", model, " passes. Any other model is refused."],
  report_only: () => ["Mode report_only: attempts pass and are counted."],
};

function showStatus(data) {
  status = data;
  updated = new Date();
  const critical = data.concerns.some((concern) => concern.severity === "critical");
  const open = data.state !== "holding";
  const title = open ? "Nothing is locked" : critical ? "The lock is holding, but another model served" : "The lock is holding";
  verdict(open ? "open" : critical ? "bad" : data.concerns.length ? "warn" : "good", title, VERDICTS[data.mode](make("span", { class: "model" }, data.approved_model)));
  at("concerns").replaceChildren(...data.concerns.filter((concern) => concern.code !== "nothing_locked").map((concern) => make("li", { "data-severity": concern.severity }, concern.message)));
  pairs(at("facts"), [
    ["Approved model", make("span", { class: "model" }, data.approved_model)],
    ["Mode", data.mode],
    ["Policy", make("code", {}, data.policy_hash), `from ${data.policy_from}`],
    ["Level", data.level, data.level === "open" ? "nothing is locked" : "of what passes this proxy; to find ways around it: model-lock doctor"],
    ["Provider's key", data.key === "proxy" ? "held here" : "sent by clients"],
    ["In the last hour", recently(data.last_hour)],
  ]);
  showPace(data.pace);
  showHealth(data);
}

function recently(hour) {
  const tried = hour.reported + hour.forced + hour.rejected;
  return `${count(tried)} ${tried === 1 ? "attempt" : "attempts"}, ${count(hour.mismatch)} of another model served`;
}

function verdict(state, title, text) {
  at("lock").dataset.state = state;
  at("lock-text").replaceChildren(...text);
  if (at("lock-title").textContent === title) return;
  at("lock-title").textContent = title;
  document.title = `${title} · model-lock`;
  // Said once, when it changes: a number that ticks is nothing to announce.
  at("says").textContent = title;
}

// --- What it takes, and how it is

function showPace(pace) {
  at("pace-caption").textContent = pace.window_seconds ? `Over the last ${length(pace.window_seconds)}.` : "Since a moment ago.";
  const row = (name, data) => {
    const cell = (value) => make("td", { class: "number" }, !data.requests ? "–" : value === null ? "longer" : `≤ ${bound(value)}`);
    return make("tr", {}, make("th", { scope: "row" }, name), cell(data.p50_seconds), cell(data.p90_seconds), cell(data.p99_seconds), make("td", { class: "number wide" }, count(data.requests)));
  };
  document.querySelector("#pace tbody").replaceChildren(row("The lock", pace.overhead), row("The provider", pace.upstream));
}

const PAST = { none: "no audit file", reading: "being read", read: "read", failed: "cannot be read" };
const STATSD = { off: "off", unresolved: "name without address", sent: "sent" };

function showHealth(data) {
  const audit = data.audit;
  pairs(at("health"), [
    ["Readiness", data.ready ? "ready" : "draining", undefined, !data.ready],
    ["Up for", length(data.uptime_seconds)],
    ["In flight", count(data.in_flight)],
    ["Requests judged", count(data.requests)],
    ["Undecidable", count(data.undecidable)],
    ["Without a response", count(data.upstream_errors), data.pace.upstream_errors ? `${count(data.pace.upstream_errors)} lately` : undefined, data.pace.upstream_errors > 0],
    ["Audit lines lost", count(data.audit_lines_dropped), undefined, data.audit_lines_dropped > 0],
    ["Log lines lost", count(data.log_lines_dropped), undefined, data.log_lines_dropped > 0],
    ["Audit file", PAST[audit.state], audit.altered ? `${count(audit.altered)} of ${count(audit.lines)} lines altered` : audit.state === "none" ? undefined : `${count(audit.lines)} lines before the start`, audit.state === "failed" || audit.altered > 0],
    ["StatsD", STATSD[data.statsd.state], data.statsd.daemon || undefined, data.statsd.state === "unresolved"],
    ["Policy file", `${count(data.policy_reloads.applied)} changes taken`, data.policy_reloads.kept ? `${count(data.policy_reloads.kept)} not valid` : undefined],
    ["Process", String(data.pid), when(data.started_ts)],
  ]);
  at("build").textContent = `model-lock ${data.version}`;
}

// --- Asked, sent, served

function showServed(data) {
  const rows = data.models.map((model) =>
    make(
      "tr",
      { role: "row" },
      cell({ class: "names" }, chain(model.requested_model, model.sent_model, model.served_model || "not said", model.result === "mismatch")),
      cell({}, badge(model.result)),
      cell({ class: "number" }, count(model.requests)),
      cell({ class: "wide when" }, when(model.last_ts)),
    ),
  );
  document.querySelector("#served tbody").replaceChildren(...rows);
  at("served-empty").hidden = rows.length > 0;
}

// --- Kept fresh

const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`).value;

async function loadSeries() {
  const series = await api.get("series", { window: chosen("window") });
  attempts.words(series.results, series.surfaces);
  chart.show(series);
}

async function loadServed() {
  showServed(await api.get("served"));
}

/** Everything anew; the events go on from what the list of attempts has. */
async function loadAll() {
  const [data, listed] = await Promise.all([api.get("status"), attempts.load(), loadSeries(), loadServed()]);
  last.id = listed.last_event_id;
  showStatus(data);
}

function take(event, data) {
  live("on", "Live");
  if (event === "attempt") attempts.take(data);
  if (event === "reset" || event === "skipped") refresh(attempts.load(), loadSeries(), loadServed());
  if (event !== "status") return;
  showStatus(data);
  const now = JSON.stringify([data.last_hour, data.served, Math.floor(updated / 60000)]);
  if (now !== counted) refresh(loadSeries(), loadServed());
  counted = now;
}

const refresh = (...loads) => Promise.all(loads).catch(failed);

function live(state, text) {
  at("live").dataset.live = state;
  if (at("live-text").textContent !== text) at("live-text").textContent = text;
}

function failed(error) {
  if (error instanceof Refused && error.status === 401) askForToken();
}

/** Old news look like news: whoever looks at night has to see that they are old. */
function lost() {
  live("lost", "No connection");
  const since = updated ? `The proxy has not responded since ${updated.toTimeString().slice(0, 8)}. Everything below is from then.` : "The proxy does not respond.";
  verdict("unknown", "Not known whether the lock is holding", [since]);
}

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

async function follow() {
  // One that was stopped does not take up what was begun after it.
  const { signal } = stop;
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      await loadAll();
      show(true);
      tries = 0;
      await api.events(last, signal, take);
    } catch (error) {
      failed(error);
      if (error instanceof Refused && error.status === 401) return;
      // Too many pages are open: asked again and again, this one is fresh enough.
      if (error instanceof Refused && error.status === 503) {
        live("on", "Every few seconds");
        await pause(4000);
        continue;
      }
    }
    if (signal.aborted) return;
    lost();
    await pause(Math.min(1000 * 2 ** tries, 15000));
  }
}

// --- What a person can do

function show(known) {
  at("login").hidden = known;
  at("all").hidden = !known;
}

function askForToken() {
  const again = !at("login").hidden;
  show(false);
  live("off", "Waiting for the token");
  at("login-error").textContent = again ? "This is not the token of this port." : "";
  at("token").focus();
}

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  api.token = at("token").value.trim();
  at("token").value = "";
  follow();
});

at("pause").addEventListener("click", () => {
  paused = !paused;
  at("pause").setAttribute("aria-pressed", String(paused));
  stop.abort();
  if (paused) {
    live("off", "Paused");
    return;
  }
  stop = new AbortController();
  follow();
});

for (const input of document.querySelectorAll('input[name="window"]')) input.addEventListener("change", () => refresh(loadSeries()));
for (const input of document.querySelectorAll('input[name="split"]')) input.addEventListener("change", () => (chart.split = input.value));

const THEMES = ["system", "light", "dark"];

function theme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  at("theme").textContent = `Theme: ${name}`;
}

function kept() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return undefined;
  }
}

at("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? "system";
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  theme(next);
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Not remembered, then.
  }
});

theme(THEMES.includes(kept()) ? kept() : "system");
at("host").textContent = location.host;
follow();
