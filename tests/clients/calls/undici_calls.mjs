// Calls of undici, as a program does that has no SDK: `fetch` and `request`.
import { load, serve } from './jobs.mjs';

const { fetch, FormData, request } = await load('undici');
const headers = { 'content-type': 'application/json' };

function judged(status, text) {
  if (status !== 200) throw Object.assign(new Error(text), { status });
  return text;
}

async function fetched(url, init) {
  const response = await fetch(url, { method: 'POST', ...init });
  return judged(response.status, await response.text());
}

async function requested(url, body) {
  const response = await request(url, { method: 'POST', headers, body });
  return judged(response.statusCode, await response.body.text());
}

function form(model) {
  const content = new FormData();
  content.append('model', model);
  content.append('file', new Blob(['RIFF'], { type: 'audio/wav' }), 'a.wav');
  return content;
}

const calls = {
  responses: (b, model, input) => fetched(`${b}/v1/responses`, { headers, body: JSON.stringify({ model, input }) }),
  'responses-stream': (b, model, input) =>
    requested(`${b}/v1/responses`, JSON.stringify({ model, input, stream: true })),
  transcriptions: (b, model) => fetched(`${b}/v1/audio/transcriptions`, { body: form(model) }),
};

await serve(calls);
