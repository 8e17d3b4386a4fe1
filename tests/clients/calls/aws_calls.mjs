// Calls of the AWS SDK to Amazon Bedrock, with a bearer token.
import { join, load, serve } from './jobs.mjs';

const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, CountTokensCommand, InvokeModelCommand } =
  await load('@aws-sdk/client-bedrock-runtime');
const hi = (text) => [{ role: 'user', content: [{ text }] }];

async function invoke(c, modelId, content) {
  const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content }] };
  const command = new InvokeModelCommand({ modelId, body: JSON.stringify(body), contentType: 'application/json' });
  return JSON.parse(Buffer.from((await c.send(command)).body).toString()).content[0].text;
}

const calls = {
  converse: async (c, modelId, text) =>
    (await c.send(new ConverseCommand({ modelId, messages: hi(text) }))).output.message.content[0].text,
  'converse-stream': async (c, modelId, text) =>
    join((await c.send(new ConverseStreamCommand({ modelId, messages: hi(text) }))).stream, (e) =>
      e.contentBlockDelta?.delta.text),
  invoke,
  'count-tokens': async (c, modelId, text) =>
    (await c.send(new CountTokensCommand({ modelId, input: { converse: { messages: hi(text) } } }))).inputTokens,
};

await serve(calls, (endpoint) => new BedrockRuntimeClient({ region: 'us-east-1', endpoint }));
