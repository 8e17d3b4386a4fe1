// One call of the official SDK: argv is its directory, base URL, kind of call, model. Prints JSON.
import { createRequire } from 'node:module';

const [place, baseURL, kind, model] = process.argv.slice(2);
const OpenAI = createRequire(`${place}/`)('openai');
const client = new OpenAI({ baseURL, apiKey: 'sk-stand-in', timeout: 30_000 });
const messages = [{ role: 'user', content: 'hi' }];

async function join(events, text) {
  let all = '';
  for await (const event of events) all += text(event) ?? '';
  return all;
}

const calls = {
  responses: async () => (await client.responses.create({ model, input: 'hi' })).output_text,
  'responses-stream': async () =>
    join(await client.responses.create({ model, input: 'hi', stream: true }), (e) =>
      e.type === 'response.output_text.delta' ? e.delta : ''),
  chat: async () => (await client.chat.completions.create({ model, messages })).choices[0].message.content,
  'chat-stream': async () =>
    join(await client.chat.completions.create({ model, messages, stream: true }), (c) => c.choices[0].delta.content),
  completions: async () => (await client.completions.create({ model, prompt: 'hi' })).choices[0].text,
};

try {
  console.log(JSON.stringify({ text: await calls[kind]() }));
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  const { status, code, param, type, requestID, message } = error;
  console.log(JSON.stringify({ error: error.constructor.name, status, code, param, type, id: requestID ?? '', message }));
}
