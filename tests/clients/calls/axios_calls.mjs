// Calls of axios, as a program does that has no SDK.
import { load, serve } from './jobs.mjs';

const { default: axios } = await load('axios');

async function post(url, content) {
  try {
    return JSON.stringify((await axios.post(url, content)).data);
  } catch (error) {
    error.body = JSON.stringify(error.response?.data);
    throw error;
  }
}

function form(model) {
  const content = new FormData();
  content.append('model', model);
  content.append('file', new Blob(['RIFF'], { type: 'audio/wav' }), 'a.wav');
  return content;
}

const calls = {
  responses: (b, model, input) => post(`${b}/v1/responses`, { model, input }),
  'responses-stream': (b, model, input) => post(`${b}/v1/responses`, { model, input, stream: true }),
  transcriptions: (b, model) => post(`${b}/v1/audio/transcriptions`, form(model)),
};

await serve(calls);
