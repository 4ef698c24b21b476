use serde_json::{Value, json};

use super::{Dialect, Fault, Frame, Hint};
use crate::{Answer, Finish, Piece, Recorded, Script, UsageNumbers};

/// Google Gemini, `generateContent`.
#[derive(Debug)]
pub(super) struct Gemini;

fn usage(numbers: UsageNumbers) -> Value {
    json!({
        "promptTokenCount": numbers.input,
        "candidatesTokenCount": numbers.output,
        "totalTokenCount": numbers.input + numbers.output + numbers.reasoning,
        "thoughtsTokenCount": numbers.reasoning,
        "cachedContentTokenCount": numbers.cached,
        "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": numbers.input }],
    })
}

fn finish(finish: Finish) -> Option<&'static str> {
    match finish {
        // A tool call finishes with STOP as well.
        Finish::Stop | Finish::ToolCalls => Some("STOP"),
        Finish::Length => Some("MAX_TOKENS"),
        Finish::Filtered => Some("SAFETY"),
        Finish::Unknown => Some("PAUSED_BY_PROVIDER"),
        Finish::PromptBlocked | Finish::Absent => None,
    }
}

fn part(piece: &Piece) -> Value {
    match piece {
        Piece::Text(text) => json!({ "text": text }),
        Piece::Reasoning(text) => json!({ "text": text, "thought": true }),
        // The id is left out, as the service does; a client must make one.
        Piece::Tool { name, arguments, .. } => {
            json!({ "functionCall": { "name": name, "args": arguments }, "thoughtSignature": "c2lnbmF0dXJl" })
        }
    }
}

fn envelope(mut fields: Value, numbers: Option<UsageNumbers>) -> Value {
    if let Some(object) = fields.as_object_mut() {
        if let Some(numbers) = numbers {
            object.insert("usageMetadata".to_owned(), usage(numbers));
        }
        object.insert("modelVersion".to_owned(), json!("gemini-mock"));
        object.insert("responseId".to_owned(), json!("response-mock"));
    }
    fields
}

fn blocked(answer: &Answer) -> Value {
    let ratings = json!([{ "category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": true }]);
    let feedback = json!({ "blockReason": "SAFETY", "safetyRatings": ratings });
    envelope(json!({ "promptFeedback": feedback }), answer.usage)
}

fn candidate(parts: Vec<Value>, finish: Option<&str>) -> Value {
    let mut candidate = json!({ "index": 0 });
    if let Some(fields) = candidate.as_object_mut() {
        if !parts.is_empty() {
            fields.insert("content".to_owned(), json!({ "role": "model", "parts": parts }));
        }
        if let Some(finish) = finish {
            fields.insert("finishReason".to_owned(), json!(finish));
        }
    }
    json!({ "candidates": [candidate] })
}

impl Dialect for Gemini {
    fn base_path(&self) -> &'static str {
        "/v1beta"
    }

    fn unary(&self, answer: &Answer) -> Value {
        if answer.finish == Finish::PromptBlocked {
            return blocked(answer);
        }
        envelope(candidate(answer.pieces.iter().map(part).collect(), finish(answer.finish)), answer.usage)
    }

    fn frames(&self, answer: &Answer) -> Vec<Frame> {
        if answer.finish == Finish::PromptBlocked {
            return vec![Frame::data(&blocked(answer))];
        }
        // Usage is cumulative and on every event; early events do not count the answer yet.
        let early = answer.usage.filter(|_| !answer.usage_in_tail_only).map(|numbers| UsageNumbers { output: 1, ..numbers });
        let tools: Vec<Value> = answer.pieces.iter().filter(|piece| matches!(piece, Piece::Tool { .. })).map(part).collect();
        let mut frames: Vec<Frame> = answer
            .pieces
            .iter()
            .filter(|piece| !matches!(piece, Piece::Tool { .. }))
            .map(|piece| Frame::data(&envelope(candidate(vec![part(piece)], None), early)))
            .collect();
        if !tools.is_empty() {
            frames.push(Frame::data(&envelope(candidate(tools, None), early)));
        }
        let last = if answer.finish == Finish::Filtered { Vec::new() } else { vec![json!({ "text": "" })] };
        frames.push(Frame::data(&envelope(candidate(last, finish(answer.finish)), answer.usage)));
        frames
    }

    fn fault(&self, fault: Fault) -> Script {
        let error = |status: u16, word: &str, message: &str, details: Value| {
            let error = json!({ "code": status, "message": message, "status": word, "details": details });
            Script::json(status, &json!({ "error": error }))
        };
        let quota = |id: &str| json!({ "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{ "quotaId": id, "quotaValue": "250" }] });
        match fault {
            Fault::Unauthorised => {
                let reason = json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID" }]);
                error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", reason)
            }
            Fault::RateLimited(hint) => {
                let mut details = vec![quota("GenerateRequestsPerMinutePerProjectPerModel")];
                if let Hint::InBody(seconds) = hint {
                    let delay = format!("{seconds}s");
                    details.push(json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay }));
                }
                let script = error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted.", json!(details));
                if matches!(hint, Hint::InBody(_)) { script } else { hint.on(script) }
            }
            Fault::QuotaSpent => {
                let details = json!([quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")]);
                error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", details)
            }
            Fault::Internal => error(500, "INTERNAL", "An internal error has occurred.", json!([])),
            Fault::Unavailable => error(503, "UNAVAILABLE", "The model is overloaded.", json!([])),
            Fault::Overloaded => error(529, "UNAVAILABLE", "The model is overloaded.", json!([])),
            Fault::UnsupportedParameter => {
                error(400, "INVALID_ARGUMENT", "Unsupported parameter: temperature is not supported.", json!([]))
            }
            Fault::ContextOverflow => {
                let message = "The input token count (9000) exceeds the maximum number of tokens allowed (8192).";
                error(400, "INVALID_ARGUMENT", message, json!([]))
            }
            Fault::UnknownModel => error(404, "NOT_FOUND", "models/nope is not found for API version v1beta.", json!([])),
        }
    }

    fn in_band_error(&self) -> Frame {
        let error = json!({ "code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE" });
        Frame::data(&json!({ "error": error }))
    }

    fn unknown_event(&self) -> Frame {
        Frame::named("telemetry", &json!({ "novelty": { "of": "tomorrow" } }))
    }

    fn temperature_pointer(&self) -> &'static str {
        "/generationConfig/temperature"
    }

    fn aside(&self, request: &Recorded) -> Option<Script> {
        if request.path.ends_with(":countTokens") {
            return Some(Script::json(
                200,
                &json!({ "totalTokens": super::words_in(request.body.get("contents").unwrap_or(&Value::Null)) }),
            ));
        }
        request.path.ends_with(":batchEmbedContents").then(|| {
            let requests = request.body.get("requests").and_then(Value::as_array).into_iter().flatten();
            let text = |one: &Value| one.pointer("/content/parts/0/text").and_then(Value::as_str).unwrap_or_default().to_owned();
            let rows: Vec<Value> = requests.map(|one| json!({ "values": super::vector(&text(one)) })).collect();
            Script::json(200, &json!({ "embeddings": rows }))
        })
    }
}
