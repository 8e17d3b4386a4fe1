// Calls of the official `@google/genai` SDK.
import { join, load, serve } from './jobs.mjs';

const { GoogleGenAI } = await load('@google/genai');

// One turn of a Live session.
async function live(client, model, text) {
  const parts = [];
  let end;
  const done = new Promise((resolve, reject) => { end = { resolve, reject }; });
  const callbacks = {
    onmessage: (message) => {
      parts.push(message.text ?? '');
      if (message.serverContent?.turnComplete) end.resolve();
    },
    onerror: (event) => end.reject(new Error(event.message)),
    onclose: (event) => end.reject(new Error(event.reason)),
  };
  const session = await client.live.connect({ model, config: { responseModalities: ['TEXT'] }, callbacks });
  session.sendClientContent({ turns: text, turnComplete: true });
  await done;
  session.close();
  return parts.join('');
}

const calls = {
  generate: async (c, model, contents) => (await c.models.generateContent({ model, contents })).text,
  'generate-stream': async (c, model, contents) =>
    join(await c.models.generateContentStream({ model, contents }), (e) => e.text),
  'count-tokens': async (c, model, contents) => (await c.models.countTokens({ model, contents })).totalTokens,
  embeddings: async (c, model, contents) => (await c.models.embedContent({ model, contents })).embeddings[0].values[0],
  caches: async (c, model, contents) => (await c.caches.create({ model, config: { contents } })).name,
  'cache-get': async (c) => (await c.caches.get({ name: 'cachedContents/1' })).name,
  'cache-list': async (c) => { for await (const one of await c.caches.list()) return one.name; },
  models: async (c) => { for await (const one of await c.models.list()) return one.name; },
  files: async (c) =>
    (await c.files.upload({ file: new Blob(['hi'], { type: 'text/plain' }), config: { mimeType: 'text/plain' } })).name,
  interactions: async (c, model, input) => (await c.interactions.create({ model, input })).steps[0].content[0].text,
  'interaction-get': async (c) => (await c.interactions.get('int_1')).id,
  live,
};

await serve(calls, (baseUrl) => new GoogleGenAI({ apiKey: 'stand-in', httpOptions: { baseUrl } }));
