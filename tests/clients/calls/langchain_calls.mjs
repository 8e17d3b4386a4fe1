// Calls of LangChain through its packages for OpenAI and Anthropic.
import { join, load, serve } from './jobs.mjs';

const { ChatOpenAI } = await load('@langchain/openai');
const { ChatAnthropic } = await load('@langchain/anthropic');

const openai = (base, model, more) => new ChatOpenAI({ model, configuration: { baseURL: `${base}/v1` }, ...more });
const anthropic = (base, model) => new ChatAnthropic({ model, anthropicApiUrl: base });

const calls = {
  chat: async (b, m, t) => (await openai(b, m).invoke(t)).text,
  'chat-stream': async (b, m, t) => join(await openai(b, m).stream(t), (e) => e.text),
  responses: async (b, m, t) => (await openai(b, m, { useResponsesApi: true }).invoke(t)).text,
  messages: async (b, m, t) => (await anthropic(b, m).invoke(t)).text,
  'messages-stream': async (b, m, t) => join(await anthropic(b, m).stream(t), (e) => e.text),
};

await serve(calls);
