// Calls of the official `openai` SDK, one JSON line each: argv is its directory and a JSON list of [URL, kind, model].
import { createRequire } from 'node:module';
import { connect } from 'node:net';

const [place, jobs] = process.argv.slice(2);
const load = createRequire(`${place}/`);
const OpenAI = load('openai');
const { OpenAIRealtimeWS } = load('openai/realtime/ws');

const messages = [{ role: 'user', content: 'hi' }];
const picture = () => OpenAI.toFile(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'picture.png', { type: 'image/png' });
const sound = () => OpenAI.toFile(Buffer.from('RIFF'), 'a.wav', { type: 'audio/wav' });

async function join(events, text) {
  let all = '';
  for await (const event of events) all += text(event) ?? '';
  return all;
}

// The session that the provider tells. The SDK insists on `wss:`; the wire under it is plain here.
function session(client, model, transcriber) {
  const { hostname, port } = new URL(client.baseURL);
  const createConnection = () => connect(Number(port), hostname);
  const realtime = new OpenAIRealtimeWS({ model, options: { createConnection } }, client);
  const transcription = { model: transcriber };
  realtime.socket.on('open', () =>
    realtime.send({ type: 'session.update', session: { type: 'realtime', audio: { input: { transcription } } } }));
  const told = new Promise((resolve, reject) => {
    realtime.on('session.updated', (event) => resolve(event.session.audio.input.transcription.model));
    realtime.on('error', reject);
  });
  return told.finally(() => realtime.close());
}

const calls = {
  responses: async (c, model) => (await c.responses.create({ model, input: 'hi' })).output_text,
  'responses-stream': async (c, model) =>
    join(await c.responses.create({ model, input: 'hi', stream: true }), (e) =>
      e.type === 'response.output_text.delta' ? e.delta : ''),
  chat: async (c, model) => (await c.chat.completions.create({ model, messages })).choices[0].message.content,
  'chat-stream': async (c, model) =>
    join(await c.chat.completions.create({ model, messages, stream: true }), (e) => e.choices[0].delta.content),
  completions: async (c, model) => (await c.completions.create({ model, prompt: 'hi' })).choices[0].text,
  embeddings: async (c, model) => (await c.embeddings.create({ model, input: 'hi' })).model,
  moderations: async (c, model) => (await c.moderations.create({ model, input: 'hi' })).model,
  transcriptions: async (c, model) => (await c.audio.transcriptions.create({ model, file: await sound() })).text,
  speech: async (c, model) => (await c.audio.speech.create({ model, voice: 'alloy', input: 'hi' })).text(),
  images: async (c, model) => (await c.images.generate({ model, prompt: 'hi' })).data[0].revised_prompt,
  'images-edit': async (c, model) =>
    (await c.images.edit({ model, image: await picture(), prompt: 'hi' })).data[0].revised_prompt,
  realtime: (c, model) => session(c, model, model),
  'realtime-update': (c, model) => session(c, 'gpt-audio-2', model),
  files: async (c) => (await c.files.create({ file: new File(['{}'], 'b.jsonl'), purpose: 'batch' })).id,
  batches: async (c) =>
    (await c.batches.create({ input_file_id: 'file-1', endpoint: '/v1/responses', completion_window: '24h' })).id,
};

async function call([base, kind, model]) {
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'sk-fake', timeout: 30_000 });
  try {
    return { text: await calls[kind](client, model) };
  } catch (error) {
    if (!(error instanceof OpenAI.OpenAIError)) throw error;
    const { status, code, param, type, requestID, message } = { ...error.error, ...error, message: error.message };
    return { error: error.constructor.name, status, code, param, type, id: requestID ?? '', message };
  }
}

for (const job of JSON.parse(jobs)) console.log(JSON.stringify(await call(job)));
