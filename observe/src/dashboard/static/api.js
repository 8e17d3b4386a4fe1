// The way to the proxy: answers as JSON, and events that are taken up again where they were lost.

/** Longer without an event than this, and the connection is as good as lost: a status comes every two seconds. */
const SILENCE = 9000;

export class Refused extends Error {
  constructor(status, error) {
    super(error?.message ?? `the proxy answered ${status}`);
    this.status = status;
  }
}

export class Api {
  /** Kept here alone: a stored one could be read by whoever uses this browser next. */
  #token = "";

  set token(token) {
    this.#token = token;
  }

  #fields(more) {
    return this.#token ? { ...more, authorization: `Bearer ${this.#token}` } : more;
  }

  async get(path, query = {}) {
    const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
    const response = await fetch(`api/v1/${path}${parameters.size ? `?${parameters}` : ""}`, {
      headers: this.#fields({ accept: "application/json" }),
      signal: AbortSignal.timeout(SILENCE),
    });
    const answer = await response.json().catch(() => undefined);
    if (!response.ok) throw new Refused(response.status, answer?.error);
    return answer;
  }

  /** Reads events until the stream ends or is silent, and gives the last event's id. */
  async events(last, stop, take) {
    const cut = new AbortController();
    stop.addEventListener("abort", () => cut.abort(), { once: true });
    let silence = setTimeout(() => cut.abort(), SILENCE);
    const fields = this.#fields(last.id ? { "last-event-id": last.id } : {});
    try {
      const response = await fetch("api/v1/events", { headers: fields, signal: cut.signal });
      if (!response.ok) throw new Refused(response.status, (await response.json().catch(() => ({}))).error);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let held = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(() => cut.abort(), SILENCE);
        const blocks = (held + value).split("\n\n");
        held = blocks.pop();
        for (const block of blocks) event(block, last, take);
      }
    } finally {
      clearTimeout(silence);
    }
  }
}

function event(block, last, take) {
  const fields = {};
  for (const line of block.split("\n")) {
    const [name, ...rest] = line.split(": ");
    fields[name] = rest.join(": ");
  }
  if (!fields.event) return;
  last.id = fields.id;
  take(fields.event, JSON.parse(fields.data));
}
