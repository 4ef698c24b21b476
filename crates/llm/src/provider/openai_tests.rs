use super::*;
use crate::chat::{Collector, Completion, ToolSpec};
use crate::provider::FailureClass;

fn stream(events: &[&str]) -> Result<Completion, crate::chat::Truncated> {
    let mut decoder = OpenAiChat::default().stream_decoder();
    let mut collector = Collector::default();
    let mut out = Vec::new();
    for event in events {
        if let Err(error) = decoder.event(event, &mut out) {
            out.drain(..).for_each(|event| collector.take(Ok(event)));
            collector.take(Err(error));
            return collector.end();
        }
    }
    decoder.end(&mut out);
    for event in out {
        collector.take(Ok(event));
    }
    collector.end()
}

fn chunk(delta: &str, finish: &str) -> String {
    format!(
        r#"{{"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-x","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}],"usage":null,"obfuscation":"zz"}}"#
    )
}

#[test]
fn a_request_has_the_fields_of_the_protocol() {
    let call = ToolCall { id: "call_9".into(), name: "weather".into(), arguments: json!({ "city": "Oslo" }), signature: None };
    let request = ChatRequest {
        model: "gpt-x".into(),
        messages: vec![
            Message::text(Role::System, "Be brief."),
            Message {
                role: Role::User,
                parts: vec![Part::text("What is this?"), Part::Image { mime: "image/png".into(), data: "aGk=".into() }],
            },
            Message { role: Role::Assistant, parts: vec![Part::ToolCall { call }] },
            Message {
                role: Role::Tool,
                parts: vec![Part::ToolResult { call_id: "call_9".into(), name: "weather".into(), content: json!({ "c": 4 }) }],
            },
        ],
        tools: vec![ToolSpec { name: "weather".into(), description: "d".into(), parameters: json!({ "type": "object" }) }],
        max_output_tokens: Some(64),
        temperature: Some(0.5),
        schema: Some(json!({ "type": "object" })),
    };
    let wire = OpenAiChat::default().encode(&request, Mode::Stream);
    assert_eq!(wire.path, "chat/completions");
    let expected = json!({
        "model": "gpt-x",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": [
                { "type": "text", "text": "What is this?" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,aGk=" } },
            ] },
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": "call_9", "type": "function", "function": { "name": "weather", "arguments": "{\"city\":\"Oslo\"}" } },
            ] },
            { "role": "tool", "tool_call_id": "call_9", "content": "{\"c\":4}" },
        ],
        "stream": true,
        "stream_options": { "include_usage": true },
        "max_completion_tokens": 64,
        "temperature": 0.5,
        "response_format": { "type": "json_schema", "json_schema": { "name": "answer", "schema": { "type": "object" } } },
        "tools": [{ "type": "function", "function": { "name": "weather", "description": "d", "parameters": { "type": "object" } } }],
    });
    assert_eq!(wire.body, expected);
    let unary = OpenAiChat::default().encode(&request, Mode::Unary);
    assert!(unary.body.get("stream_options").is_none() && unary.body.get("stream").is_none());
}

#[test]
fn a_stream_with_usage_in_its_tail_is_read() {
    let usage = r#"{"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,
        "prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}}"#;
    let whole = stream(&[
        r#"{"choices":[],"prompt_filter_results":[],"id":"","model":""}"#,
        &chunk(r#"{"role":"assistant","content":null}"#, "null"),
        &chunk(r#"{"reasoning_content":"hm","reasoning":"hm"}"#, "null"),
        &chunk(r#"{"content":"Hel","novelty":1}"#, "null"),
        &chunk(r#"{"content":"lo"}"#, "null"),
        &chunk("{}", r#""stop""#),
        usage,
        "[DONE]",
    ])
    .unwrap();
    assert_eq!((whole.answer.text.as_str(), whole.answer.reasoning.as_str()), ("Hello", "hm"));
    assert_eq!(whole.evidence.finish(), &FinishReason::Stop);
    assert_eq!((whole.answer.model.as_deref(), whole.answer.response_id.as_deref()), (Some("gpt-x"), Some("c1")));
    let usage = whole.answer.usage.unwrap();
    assert_eq!((usage.input, usage.input_cached, usage.output, usage.output_reasoning), (9, 3, 5, 2));
}

#[test]
fn interleaved_tool_calls_are_put_together_by_index() {
    let call = |index: u8, fields: &str| chunk(&format!(r#"{{"tool_calls":[{{"index":{index},{fields}}}]}}"#), "null");
    let whole = stream(&[
        &call(0, r#""id":"a","type":"function","function":{"name":"wea","arguments":""}"#),
        &call(1, r#""id":"b","type":"function","function":{"name":"time","arguments":"{\"z\""}"#),
        &call(0, r#""function":{"name":"ther","arguments":"{\"city\":"}"#),
        &call(1, r#""function":{"arguments":":1}"}"#),
        &call(0, r#""function":{"arguments":"\"Oslo\"}"}"#),
        &chunk("{}", r#""tool_calls""#),
        "[DONE]",
    ])
    .unwrap();
    let calls: Vec<_> =
        whole.answer.tool_calls.iter().map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.clone())).collect();
    assert_eq!(calls, [("a", "weather", json!({ "city": "Oslo" })), ("b", "time", json!({ "z": 1 }))]);
    assert_eq!(whole.evidence.finish(), &FinishReason::ToolCalls);
}

#[test]
fn the_end_of_the_body_is_no_evidence() {
    let truncated = stream(&[&chunk(r#"{"content":"Hel"}"#, "null")]).unwrap_err();
    assert_eq!((truncated.partial.text.as_str(), truncated.cause.class), ("Hel", FailureClass::Truncated));
    let unspecified = stream(&[&chunk(r#"{"content":"Hel"}"#, "null"), "[DONE]"]).unwrap();
    assert_eq!(unspecified.evidence.finish(), &FinishReason::Other("unspecified".into()));
}

#[test]
fn an_error_inside_a_stream_is_an_error() {
    for error in [
        r#"{"error":{"message":"m","type":"server_error"}}"#,
        r#"{"error":"model path not found"}"#,
        r#"{"object":"error","message":"m","code":500}"#,
    ] {
        let truncated = stream(&[&chunk(r#"{"content":"Hel"}"#, "null"), error]).unwrap_err();
        assert_eq!((truncated.partial.text.as_str(), truncated.cause.class), ("Hel", FailureClass::Unavailable), "{error}");
    }
}

#[test]
fn whole_answers_are_read_with_refusals_and_unknown_words() {
    let decode = |message: Value, finish: Value| {
        let body = json!({ "id": "c", "model": "m", "choices": [{ "index": 0, "message": message, "finish_reason": finish }] });
        let mut collector = Collector::default();
        OpenAiChat::default()
            .decode(body.to_string().as_bytes())
            .unwrap()
            .into_iter()
            .for_each(|event| collector.take(Ok(event)));
        collector.end().unwrap()
    };
    let refused = decode(json!({ "content": null, "refusal": "I can't." }), json!("stop"));
    assert_eq!((refused.answer.text.as_str(), refused.evidence.finish()), ("I can't.", &FinishReason::ContentFilter));
    let unknown = decode(json!({ "content": "x" }), json!("paused"));
    assert_eq!(unknown.evidence.finish().as_str(), "other");
    let named = decode(json!({ "tool_calls": [{ "id": "a", "function": { "name": "f", "arguments": "" } }] }), json!("stop"));
    assert_eq!(named.evidence.finish(), &FinishReason::ToolCalls);
    assert_eq!(named.answer.usage, None);
    assert_eq!(OpenAiChat::default().decode(b"<html>").unwrap_err().class, FailureClass::Protocol);
    assert_eq!(OpenAiChat::default().decode(br#"{"choices":[]}"#).unwrap_err().class, FailureClass::Protocol);
}
