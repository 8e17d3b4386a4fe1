// Calls of the official `@anthropic-ai/sdk`, one JSON line each: argv is its directory and a JSON list of [URL, kind, model].
import { createRequire } from 'node:module';

const [place, jobs] = process.argv.slice(2);
const load = createRequire(`${place}/`);
const Anthropic = load('@anthropic-ai/sdk');

const hi = { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };

const calls = {
  messages: async (c, model) => (await c.messages.create({ model, ...hi })).content[0].text,
  'messages-stream': async (c, model) => c.messages.stream({ model, ...hi }).finalText(),
  'count-tokens': async (c, model) =>
    String((await c.messages.countTokens({ model, messages: hi.messages })).input_tokens),
  files: async (c) => (await c.beta.files.upload({ file: new File(['hi'], 'a.txt', { type: 'text/plain' }) })).id,
  'message-batches': async (c, model) =>
    (await c.messages.batches.create({ requests: ['1', '2'].map((id) => ({ custom_id: id, params: { model, ...hi } })) })).id,
  agents: async (c, model) => (await c.beta.agents.create({ model, name: 'a' })).id,
};

async function call([baseURL, kind, model]) {
  const client = new Anthropic({ baseURL, apiKey: 'sk-fake', timeout: 30_000 });
  try {
    return { text: await calls[kind](client, model) };
  } catch (error) {
    if (!(error instanceof Anthropic.APIError)) throw error;
    const { status, message } = error;
    return { error: error.constructor.name, status, type: error.error?.error.type, message };
  }
}

for (const job of JSON.parse(jobs)) console.log(JSON.stringify(await call(job)));
