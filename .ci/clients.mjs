// The OpenAI library for JavaScript, unmodified, against the server with its scripted provider.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { VERSION } from "openai/version";

const client = new OpenAI({ maxRetries: 0 });
const messages = [{ role: "user", content: "Hi" }];

const models = [];
for await (const model of client.models.list()) models.push(model.id);
assert(models.includes("demo/hello"));

const whole = await client.chat.completions.create({ model: "demo/hello", messages });
assert.equal(whole.choices[0].message.content, "Hello, world!");

let text = "";
let usage;
const chunks = await client.chat.completions.create({ model: "demo/hello", messages, stream: true, stream_options: { include_usage: true } });
for await (const chunk of chunks) {
  text += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(text, "Hello, world!");
assert(usage.completion_tokens > 0);

const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }];
const streamed = await client.chat.completions.stream({ model: "demo/tool-call", messages, tools }).finalChatCompletion();
assert.equal(streamed.choices[0].message.tool_calls[0].function.name, "weather");

const vectors = await client.embeddings.create({ model: "default", input: ["bricks", "mortar"] });
assert.equal(vectors.data[0].embedding.length, 256);

const response = await client.responses.create({ model: "demo/hello", input: "Hi" });
assert.equal(response.output_text, "Hello, world!");
let last;
for await (const event of await client.responses.create({ model: "demo/hello", input: "Hi", stream: true })) last = event;
assert.equal(last.type, "response.completed");

await assert.rejects(client.chat.completions.create({ model: "demo/nobody", messages }), OpenAI.NotFoundError);
await assert.rejects(client.chat.completions.create({ model: "demo/rate-limited", messages }), OpenAI.RateLimitError);
await assert.rejects(new OpenAI({ apiKey: "wrong", maxRetries: 0 }).models.list(), OpenAI.AuthenticationError);
await assert.rejects(async () => {
  for await (const _ of await client.chat.completions.create({ model: "demo/truncated", messages, stream: true }));
}, OpenAI.APIError);
console.log(`openai ${VERSION} for JavaScript works`);
