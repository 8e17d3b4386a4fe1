"""Calls of LangChain through its packages for OpenAI, Anthropic and Google."""

from jobs import serve
from langchain_anthropic import ChatAnthropic
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import ChatOpenAI, OpenAIEmbeddings


def openai(base, model, **words):
    return ChatOpenAI(model=model, base_url=f"{base}/v1", **words)


def anthropic(base, model):
    return ChatAnthropic(model=model, base_url=base)


def google(base, model):
    return ChatGoogleGenerativeAI(model=model, base_url=base)


def embeddings(base, model, text):
    wanted = OpenAIEmbeddings(model=model, base_url=f"{base}/v1", check_embedding_ctx_length=False)
    return wanted.embed_query(text)[0]


def joined(chat, text):
    return "".join(chunk.text if isinstance(chunk.text, str) else chunk.text() for chunk in chat.stream(text))


CALLS = {
    "chat": lambda b, m, t: openai(b, m).invoke(t).text,
    "chat-stream": lambda b, m, t: joined(openai(b, m), t),
    "responses": lambda b, m, t: openai(b, m, use_responses_api=True).invoke(t).text,
    "messages": lambda b, m, t: anthropic(b, m).invoke(t).text,
    "messages-stream": lambda b, m, t: joined(anthropic(b, m), t),
    "generate": lambda b, m, t: google(b, m).invoke(t).text,
    "generate-stream": lambda b, m, t: joined(google(b, m), t),
    "embeddings": embeddings,
}

serve(CALLS)
