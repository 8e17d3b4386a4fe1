// Calls of the `ollama` client.
import { join, load, serve } from './jobs.mjs';

const { Ollama } = await load('ollama');
const hi = (content) => [{ role: 'user', content }];

const calls = {
  chat: async (c, model, text) => (await c.chat({ model, messages: hi(text) })).message.content,
  'chat-stream': async (c, model, text) =>
    join(await c.chat({ model, messages: hi(text), stream: true }), (e) => e.message.content),
  generate: async (c, model, prompt) => (await c.generate({ model, prompt })).response,
  embeddings: async (c, model, input) => (await c.embed({ model, input })).model,
  models: async (c) => (await c.list()).models[0].model,
};

await serve(calls, (host) => new Ollama({ host }));
