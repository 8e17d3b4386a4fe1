"""Calls of boto3 to Amazon Bedrock, with a bearer token."""

import json

import boto3
from botocore.config import Config
from jobs import serve

HI = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9}


def hi(text):
    return [{"role": "user", "content": [{"text": text}]}]


def stream(client, model, text):
    events = client.converse_stream(modelId=model, messages=hi(text))["stream"]
    return "".join(e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e)


def invoke(client, model, text, **words):
    body = json.dumps(HI | {"messages": [{"role": "user", "content": text}]})
    return json.load(client.invoke_model(modelId=model, body=body, **words)["body"])["content"][0]["text"]


def count(client, model, text):
    return client.count_tokens(modelId=model, input={"converse": {"messages": hi(text)}})["inputTokens"]


def signed(client, model, text):
    """The same with a signature in place of the token."""
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "config": Config(signature_version="v4")}
    place = {"region_name": "us-east-1", "endpoint_url": client.meta.endpoint_url}
    return boto3.client("bedrock-runtime", **place, **keys).converse(modelId=model, messages=hi(text))


CALLS = {
    "converse": lambda c, m, t: c.converse(modelId=m, messages=hi(t))["output"]["message"]["content"][0]["text"],
    "converse-stream": stream,
    "invoke": lambda c, m, t: invoke(c, m, t, contentType="application/json"),
    "invoke-untyped": invoke,
    "count-tokens": count,
    "signed": signed,
}

serve(CALLS, lambda base: boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=base))
