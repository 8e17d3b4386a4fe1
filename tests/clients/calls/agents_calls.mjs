// Calls of the OpenAI Agents SDK. It takes its own copy of the `openai` SDK.
import { load, serve } from './jobs.mjs';

const { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner } = await load('@openai/agents');
const { OpenAI } = await load('openai');

const runner = new Runner({ tracingDisabled: true });

function agent(base, model, Kind) {
  return new Agent({ name: 'a', model: new Kind(new OpenAI({ baseURL: `${base}/v1` }), model) });
}

const run = async (b, m, t, kind) => (await runner.run(agent(b, m, kind), t)).finalOutput;

async function stream(b, m, t) {
  const result = await runner.run(agent(b, m, OpenAIResponsesModel), t, { stream: true });
  await result.completed;
  if (result.error) throw result.error;
  return result.finalOutput;
}

const calls = {
  responses: (b, m, t) => run(b, m, t, OpenAIResponsesModel),
  'responses-stream': stream,
  chat: (b, m, t) => run(b, m, t, OpenAIChatCompletionsModel),
};

await serve(calls);
