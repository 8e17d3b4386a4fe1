"""Calls of the OpenAI Agents SDK."""

from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, set_tracing_disabled
from jobs import serve
from openai import AsyncOpenAI

set_tracing_disabled(True)


def agent(base, model, kind):
    client = AsyncOpenAI(base_url=f"{base}/v1")
    return Agent(name="a", model=kind(model=model, openai_client=client))


async def run(base, model, text, kind=OpenAIResponsesModel):
    return (await Runner.run(agent(base, model, kind), text)).final_output


async def stream(base, model, text):
    result = Runner.run_streamed(agent(base, model, OpenAIResponsesModel), text)
    async for _event in result.stream_events():
        pass
    return result.final_output


CALLS = {
    "responses": run,
    "responses-stream": stream,
    "chat": lambda b, m, t: run(b, m, t, OpenAIChatCompletionsModel),
}

serve(CALLS)
