// Calls of the AI SDK through its providers for OpenAI, Anthropic, Google and Mistral.
import { join, load, serve } from './jobs.mjs';

const { embed, generateText, streamText } = await load('ai');
const { createOpenAI } = await load('@ai-sdk/openai');
const { createAnthropic } = await load('@ai-sdk/anthropic');
const { createGoogleGenerativeAI, createGoogle } = await load('@ai-sdk/google');
const { createMistral } = await load('@ai-sdk/mistral');
const { createOpenAICompatible } = await load('@ai-sdk/openai-compatible');

const generate = async (model, prompt) => (await generateText({ model, prompt })).text;
const google = (baseURL) => (createGoogleGenerativeAI ?? createGoogle)({ baseURL });

async function stream(model, prompt) {
  let failed;
  const { textStream } = streamText({ model, prompt, onError: ({ error }) => { failed = error; } });
  const text = await join(textStream, (part) => part);
  if (failed) throw failed;
  return text;
}

const calls = {
  responses: (b, m, t) => generate(createOpenAI({ baseURL: `${b}/v1` }).responses(m), t),
  'responses-stream': (b, m, t) => stream(createOpenAI({ baseURL: `${b}/v1` }).responses(m), t),
  chat: (b, m, t) => generate(createOpenAI({ baseURL: `${b}/v1` }).chat(m), t),
  'chat-compatible-stream': (b, m, t) => stream(createOpenAICompatible({ name: 'own', baseURL: `${b}/v1` })(m), t),
  messages: (b, m, t) => generate(createAnthropic({ baseURL: `${b}/v1` })(m), t),
  'messages-stream': (b, m, t) => stream(createAnthropic({ baseURL: `${b}/v1` })(m), t),
  mistral: (b, m, t) => generate(createMistral({ baseURL: `${b}/v1` })(m), t),
  'mistral-stream': (b, m, t) => stream(createMistral({ baseURL: `${b}/v1` })(m), t),
  generate: (b, m, t) => generate(google(`${b}/v1beta`)(m), t),
  'generate-stream': (b, m, t) => stream(google(`${b}/v1beta`)(m), t),
  embeddings: async (b, m, t) =>
    (await embed({ model: createOpenAICompatible({ name: 'own', baseURL: `${b}/v1` }).textEmbeddingModel(m), value: t })).embedding[0],
};

await serve(calls);
