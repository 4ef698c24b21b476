use super::*;
use crate::chat::{Collector, Completion, ToolSpec, Truncated};
use crate::provider::FailureClass;

fn stream(events: &[&str]) -> Result<Completion, Truncated> {
    let mut decoder = Gemini.stream_decoder();
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

/// A request that uses every field.
fn full_request() -> ChatRequest {
    let call = |signature: Option<&str>| ToolCall {
        id: "call_1".into(),
        name: "weather".into(),
        arguments: json!({ "city": "Oslo" }),
        signature: signature.map(str::to_owned),
    };
    let result = |content: Value| Message {
        role: Role::Tool,
        parts: vec![Part::ToolResult { call_id: "call_1".into(), name: "weather".into(), content }],
    };
    ChatRequest {
        model: "models/gemini-x".into(),
        messages: vec![
            Message::text(Role::System, "Be brief."),
            Message {
                role: Role::User,
                parts: vec![Part::text("Look"), Part::Image { mime: "image/png".into(), data: "aGk=".into() }],
            },
            Message {
                role: Role::Assistant,
                parts: vec![
                    Part::Reasoning { text: "hidden".into() },
                    Part::ToolCall { call: call(Some("c2ln")) },
                    Part::ToolCall { call: call(None) },
                ],
            },
            result(json!({ "c": 4 })),
            result(json!("warm")),
        ],
        tools: vec![ToolSpec { name: "weather".into(), description: "d".into(), parameters: json!({ "type": "object" }) }],
        max_output_tokens: Some(64),
        temperature: Some(0.5),
        schema: Some(json!({ "type": "object" })),
    }
}

#[test]
fn a_request_has_the_fields_of_the_protocol() {
    let request = full_request();
    let wire = Gemini.encode(&request, Mode::Stream);
    assert_eq!(wire.path, "models/gemini-x:streamGenerateContent?alt=sse");
    let args = json!({ "name": "weather", "args": { "city": "Oslo" } });
    let expected = json!({
        "systemInstruction": { "parts": [{ "text": "Be brief." }] },
        "contents": [
            { "role": "user", "parts": [{ "text": "Look" }, { "inlineData": { "mimeType": "image/png", "data": "aGk=" } }] },
            { "role": "model", "parts": [
                { "functionCall": args, "thoughtSignature": "c2ln" },
                { "functionCall": args, "thoughtSignature": "skip_thought_signature_validator" },
            ] },
            { "role": "user", "parts": [
                { "functionResponse": { "name": "weather", "response": { "c": 4 } } },
                { "functionResponse": { "name": "weather", "response": { "result": "warm" } } },
            ] },
        ],
        "generationConfig": {
            "temperature": 0.5, "maxOutputTokens": 64,
            "responseMimeType": "application/json", "responseJsonSchema": { "type": "object" },
        },
        "tools": [{ "functionDeclarations": [
            { "name": "weather", "description": "d", "parametersJsonSchema": { "type": "object" } },
        ] }],
    });
    assert_eq!(wire.body, expected);
    assert_eq!(Gemini.encode(&request, Mode::Unary).path, "models/gemini-x:generateContent");
}

#[test]
fn a_model_name_can_not_become_another_path() {
    let request = ChatRequest { model: "../files/x?key=1".into(), ..ChatRequest::default() };
    assert_eq!(Gemini.encode(&request, Mode::Unary).path, "models/..%2Ffiles%2Fx%3Fkey%3D1:generateContent");
}

#[test]
fn a_recorded_stream_is_read() {
    let whole = stream(&[
        r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":5,"totalTokenCount":9,"thoughtsTokenCount":4},"modelVersion":"m","responseId":"r"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":5,"totalTokenCount":10,"candidatesTokenCount":1,"thoughtsTokenCount":4},"modelVersion":"m","responseId":"r"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"lo"}],"role":"model"},"index":0}]}"#,
        r#"{"candidates":[{"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"thoughtsTokenCount":4,"toolUsePromptTokenCount":3,"cachedContentTokenCount":1,"totalTokenCount":14}}"#,
    ])
    .unwrap();
    assert_eq!((whole.answer.text.as_str(), whole.answer.reasoning.as_str()), ("Hello", "hm"));
    assert_eq!((whole.evidence.finish(), whole.evidence.raw()), (&FinishReason::Stop, Some("STOP")));
    let usage = whole.answer.usage.unwrap();
    assert_eq!((usage.input, usage.input_cached, usage.output, usage.output_reasoning), (8, 1, 6, 4));
    assert_eq!(usage.raw["totalTokenCount"], json!(usage.input + usage.output));
}

#[test]
fn function_calls_finish_with_tool_calls_and_get_ids() {
    let whole = stream(&[
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"a","args":{"x":1}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"own","name":"b"}}]},"finishReason":"STOP"}]}"#,
    ])
    .unwrap();
    let calls = &whole.answer.tool_calls;
    assert_eq!((calls[0].id.as_str(), calls[0].signature.as_deref()), ("call_1", Some("c2ln")));
    assert_eq!((calls[1].id.as_str(), &calls[1].arguments), ("own", &json!({})));
    assert_eq!(whole.evidence.finish(), &FinishReason::ToolCalls);
}

#[test]
fn blocked_prompts_and_answers_finish_with_content_filter() {
    let prompt = stream(&[r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":5}}"#]).unwrap();
    assert!(prompt.answer.is_empty());
    assert_eq!((prompt.evidence.finish(), prompt.evidence.raw()), (&FinishReason::ContentFilter, Some("SAFETY")));
    let answer = stream(&[r#"{"candidates":[{"finishReason":"PROHIBITED_CONTENT"}]}"#]).unwrap();
    assert_eq!(answer.evidence.finish(), &FinishReason::ContentFilter);
    let body = br#"{"promptFeedback":{"blockReason":"OTHER"}}"#;
    assert!(matches!(Gemini.decode(body).unwrap().last(), Some(ModelEvent::Finished(_))));
}

#[test]
fn an_empty_answer_and_an_unknown_word_are_no_errors() {
    let empty =
        stream(&[r#"{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP"}]}"#]).unwrap();
    assert!(empty.answer.is_empty());
    let unknown = stream(&[r#"{"candidates":[{"finishReason":"WEATHER"}],"novelty":{}}"#]).unwrap();
    assert_eq!(unknown.evidence.finish(), &FinishReason::Other("WEATHER".into()));
}

#[test]
fn the_end_of_the_body_is_no_evidence_and_errors_are_errors() {
    let text = r#"{"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]}"#;
    let truncated = stream(&[text]).unwrap_err();
    assert_eq!((truncated.partial.text.as_str(), truncated.cause.class), ("Hel", FailureClass::Truncated));
    for error in [r#"{"error":{"code":503,"status":"UNAVAILABLE","message":"m"}}"#, r#"[{"error":{"code":503,"message":"m"}}]"#] {
        let truncated = stream(&[text, error]).unwrap_err();
        assert_eq!((truncated.partial.text.as_str(), truncated.cause.class), ("Hel", FailureClass::Unavailable));
    }
    assert_eq!(Gemini.decode(br"{}").unwrap_err().class, FailureClass::Protocol);
}
