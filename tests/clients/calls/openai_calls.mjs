// Calls of the official `openai` SDK.
import { join, load, serve } from './jobs.mjs';

const { default: OpenAI, toFile } = await load('openai');
const hi = (content) => [{ role: 'user', content }];
const sound = () => toFile(Buffer.from('RIFF'), 'a.wav', { type: 'audio/wav' });

const calls = {
  responses: async (c, model, input) => (await c.responses.create({ model, input })).output_text,
  'responses-stream': async (c, model, input) =>
    join(await c.responses.create({ model, input, stream: true }), (e) =>
      e.type === 'response.output_text.delta' ? e.delta : ''),
  chat: async (c, model, text) =>
    (await c.chat.completions.create({ model, messages: hi(text) })).choices[0].message.content,
  'chat-stream': async (c, model, text) =>
    join(await c.chat.completions.create({ model, messages: hi(text), stream: true }), (e) =>
      e.choices[0].delta.content),
  completions: async (c, model, prompt) => (await c.completions.create({ model, prompt })).choices[0].text,
  embeddings: async (c, model, input) => (await c.embeddings.create({ model, input })).model,
  moderations: async (c, model, input) => (await c.moderations.create({ model, input })).model,
  transcriptions: async (c, model) => (await c.audio.transcriptions.create({ model, file: await sound() })).text,
  speech: async (c, model, input) => (await c.audio.speech.create({ model, voice: 'alloy', input })).text(),
  images: async (c, model, prompt) => (await c.images.generate({ model, prompt })).data[0].revised_prompt,
  models: async (c) => (await c.models.list()).data[0].id,
  files: async (c) => (await c.files.create({ file: new File(['{}'], 'b.jsonl'), purpose: 'batch' })).id,
  'response-get': async (c) => (await c.responses.retrieve('resp_abc==')).id,
  'response-cancel': async (c) => (await c.responses.cancel('resp_abc==')).id,
  'response-delete': async (c) => (await c.responses.delete('resp_abc==')) ?? 'None',
};

await serve(calls, (base) => new OpenAI({ baseURL: `${base}/v1` }));
