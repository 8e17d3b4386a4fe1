// Calls of the official `@anthropic-ai/sdk`.
import { load, serve } from './jobs.mjs';

const { default: Anthropic } = await load('@anthropic-ai/sdk');
const hi = (content) => ({ max_tokens: 9, messages: [{ role: 'user', content }] });

const calls = {
  messages: async (c, model, text) => (await c.messages.create({ model, ...hi(text) })).content[0].text,
  'messages-stream': async (c, model, text) => c.messages.stream({ model, ...hi(text) }).finalText(),
  'count-tokens': async (c, model, text) =>
    (await c.messages.countTokens({ model, messages: hi(text).messages })).input_tokens,
  batches: async (c, model, text) =>
    (await c.messages.batches.create({ requests: ['1', '2'].map((id) => ({ custom_id: id, params: { model, ...hi(text) } })) })).id,
  'batch-results': async (c) => {
    for await (const row of await c.messages.batches.results('msgbatch_1')) return row.result.type;
  },
  models: async (c) => (await c.models.list({ limit: 1 })).data[0].id,
  'models-lifecycle': async (c) => (await c.models.list({ lifecycle: ['active'] })).data[0].id,
  files: async (c) => (await c.beta.files.upload({ file: new File(['hi'], 'a.txt', { type: 'text/plain' }) })).id,
};

await serve(calls, (baseURL) => new Anthropic({ baseURL }));
