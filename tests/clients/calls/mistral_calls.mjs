// Calls of the official `@mistralai/mistralai` SDK.
import { join, load, serve } from './jobs.mjs';

const { Mistral } = await load('@mistralai/mistralai');
const hi = (content) => [{ role: 'user', content }];

const calls = {
  chat: async (c, model, text) => (await c.chat.complete({ model, messages: hi(text) })).choices[0].message.content,
  'chat-stream': async (c, model, text) =>
    join(await c.chat.stream({ model, messages: hi(text) }), (e) => e.data.choices[0].delta.content),
  fim: async (c, model, prompt) => (await c.fim.complete({ model, prompt })).choices[0].message.content,
  embeddings: async (c, model, text) => (await c.embeddings.create({ model, inputs: [text] })).model,
  models: async (c) => (await c.models.list()).data[0].id,
};

await serve(calls, (serverURL) => new Mistral({ apiKey: 'stand-in', serverURL }));
