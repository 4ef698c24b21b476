"""The OpenAI library for Python, unmodified, against the server with its scripted provider."""

import openai

client = openai.OpenAI(max_retries=0)
hello = [{"role": "user", "content": "Hi"}]

assert "demo/hello" in [model.id for model in client.models.list()]
assert client.models.retrieve("demo/hello").owned_by == "demo"

whole = client.chat.completions.create(model="demo/hello", messages=hello)
assert whole.choices[0].message.content == "Hello, world!", whole
assert whole.choices[0].finish_reason == "stop" and whole.usage.total_tokens > 0

chunks = list(client.chat.completions.create(model="demo/hello", messages=hello, stream=True, stream_options={"include_usage": True}))
text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
assert text == "Hello, world!" and chunks[-1].usage.completion_tokens > 0, chunks

tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
called = client.chat.completions.create(model="demo/tool-call", messages=hello, tools=tools).choices[0]
assert called.finish_reason == "tool_calls" and called.message.tool_calls[0].function.name == "weather"
turns = hello + [called.message, {"role": "tool", "tool_call_id": called.message.tool_calls[0].id, "content": "Rain"}]
assert client.chat.completions.create(model="demo/hello", messages=turns).choices[0].message.content

assert client.chat.completions.create(model="demo/length", messages=hello).choices[0].finish_reason == "length"

vectors = client.embeddings.create(model="default", input=["bricks", "mortar"])
assert len(vectors.data) == 2 and len(vectors.data[0].embedding) == 256
assert abs(sum(value * value for value in vectors.data[0].embedding) - 1) < 1e-3

response = client.responses.create(model="demo/hello", input="Hi", instructions="Be brief.")
assert response.output_text == "Hello, world!" and response.status == "completed"
kinds = [event.type for event in client.responses.create(model="demo/hello", input="Hi", stream=True)]
assert kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds
with client.responses.stream(model="demo/tool-call", input="Hi") as stream:
    assert any(item.type == "function_call" for item in stream.get_final_response().output)


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


missing = raises(openai.NotFoundError, lambda: client.chat.completions.create(model="demo/nobody", messages=hello))
assert missing.code == "model_not_found", missing
limited = raises(openai.RateLimitError, lambda: client.chat.completions.create(model="demo/rate-limited", messages=hello))
assert limited.code == "rate_limit_exceeded" and limited.response.headers["retry-after"] == "7"
raises(openai.InternalServerError, lambda: client.chat.completions.create(model="demo/unavailable", messages=hello))
raises(openai.BadRequestError, lambda: client.chat.completions.create(model="demo/hello", messages=[]))
raises(openai.AuthenticationError, lambda: openai.OpenAI(api_key="wrong", max_retries=0).models.list())
raises(openai.APIError, lambda: list(client.chat.completions.create(model="demo/truncated", messages=hello, stream=True)))
print(f"openai {openai.__version__} for Python works")
