use std::sync::Arc;
use std::time::Duration;

use core_egress::{Egress, EgressConfig};
use core_kernel::{Ambient, Secret};
use llm::chat::{ChatRequest, Completion, FinishReason, Message, Role, Truncated};
use llm::provider::{
    Anthropic, ChatModel, EmbedRequest, FailureClass, Gemini, HttpModel, HttpModelOptions, Mode, Ollama, OpenAiChat,
    OpenAiResponses, Wire, collect,
};
use mock_llm::{Fault, Hint, MockLlm, Protocol, Scenario};

const BOTH: [Mode; 2] = [Mode::Unary, Mode::Stream];

pub(crate) fn wire(protocol: Protocol) -> Box<dyn Wire> {
    match protocol {
        Protocol::Gemini => Box::new(Gemini),
        Protocol::OpenAiChat => Box::new(OpenAiChat::default()),
        Protocol::OpenAiResponses => Box::new(OpenAiResponses),
        Protocol::Anthropic => Box::new(Anthropic),
        Protocol::Ollama => Box::new(Ollama),
    }
}

fn model(mock: &MockLlm, protocol: Protocol) -> HttpModel {
    let wire = wire(protocol);
    let options = HttpModelOptions {
        name: "mock".to_owned(),
        base_url: format!("{}/", mock.base_url(protocol)).parse().unwrap(),
        api_key: Secret::new("sk-canary-key"),
        models: Vec::new(),
        first_byte: Duration::from_secs(20),
        idle: Duration::from_secs(20),
        total: Duration::from_secs(20),
    };
    HttpModel::new(options, wire, Egress::new(EgressConfig::default()).unwrap(), Arc::clone(&Ambient::system().clock))
}

fn request() -> ChatRequest {
    ChatRequest {
        model: "m".to_owned(),
        messages: vec![Message::text(Role::User, "Hi?")],
        temperature: Some(0.5),
        ..ChatRequest::default()
    }
}

async fn ask(mock: &MockLlm, protocol: Protocol, scenario: Scenario, mode: Mode) -> Result<Completion, Truncated> {
    mock.play(protocol, scenario);
    match model(mock, protocol).open(&request(), mode).await {
        Ok(stream) => collect(stream).await,
        Err(cause) => Err(Truncated { partial: Box::default(), cause }),
    }
}

/// Runs a scenario in every protocol and mode.
async fn everywhere(scenario: Scenario, modes: &[Mode], check: impl Fn(Result<Completion, Truncated>, &str)) {
    let mock = MockLlm::start().await.unwrap();
    for protocol in Protocol::ALL {
        for mode in modes {
            let result = ask(&mock, protocol, scenario, *mode).await;
            check(result, &format!("{scenario:?} in {protocol:?}, {mode:?}"));
        }
    }
}

#[tokio::test]
async fn every_form_of_a_good_answer_gives_the_same_text() {
    let forms = [
        Scenario::Ok,
        Scenario::OneByteWrites,
        Scenario::CarriageReturnLineFeed,
        Scenario::CarriageReturn,
        Scenario::Comments,
        Scenario::UsageInTail,
        Scenario::NoUsage,
    ];
    for scenario in forms {
        everywhere(scenario, &BOTH, |result, case| {
            let whole = result.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(whole.answer.text, Scenario::TEXT, "{case}");
            assert_eq!(whole.evidence.finish(), &FinishReason::Stop, "{case}");
            match (scenario, whole.answer.usage) {
                (Scenario::NoUsage, usage) => assert_eq!(usage, None, "{case}"),
                (_, Some(usage)) => assert_eq!((usage.input, usage.input_cached, usage.output), (12, 4, 7), "{case}"),
                (_, None) => panic!("{case}: no usage"),
            }
        })
        .await;
    }
}

#[tokio::test]
async fn characters_that_are_split_between_writes_are_whole_again() {
    everywhere(Scenario::SplitCharacters, &BOTH, |result, case| {
        assert_eq!(result.unwrap().answer.text, Scenario::WIDE_TEXT, "{case}");
    })
    .await;
}

#[tokio::test]
async fn tool_calls_arrive_whole_and_finish_as_such() {
    everywhere(Scenario::ToolCalls, &BOTH, |result, case| {
        let whole = result.unwrap();
        let cities: Vec<_> = whole.answer.tool_calls.iter().map(|call| call.arguments["city"].as_str().unwrap()).collect();
        assert_eq!(cities, ["Oslo", "Zürich"], "{case}");
        assert!(whole.answer.tool_calls.iter().all(|call| call.name == "weather" && !call.id.is_empty()), "{case}");
        assert_ne!(whole.answer.tool_calls[0].id, whole.answer.tool_calls[1].id, "{case}");
        assert_eq!(whole.evidence.finish(), &FinishReason::ToolCalls, "{case}");
    })
    .await;
}

#[tokio::test]
async fn thinking_stays_apart_from_the_answer_and_is_counted() {
    everywhere(Scenario::Thinking, &BOTH, |result, case| {
        let whole = result.unwrap();
        assert_eq!(
            (whole.answer.text.as_str(), whole.answer.reasoning.as_str()),
            (Scenario::TEXT, "The user greets me. "),
            "{case}"
        );
        let usage = whole.answer.usage.unwrap();
        // Ollama counts thinking with the rest and does not tell.
        let thinking = if case.contains("Ollama") { 0 } else { 5 };
        assert_eq!((usage.output, usage.output_reasoning), (12, thinking), "{case}");
    })
    .await;
}

#[tokio::test]
async fn ends_of_every_kind_are_told_apart() {
    let ends = [
        (Scenario::Empty, "", FinishReason::Stop),
        (Scenario::PromptBlocked, "", FinishReason::ContentFilter),
        (Scenario::AnswerBlocked, Scenario::PARTIAL, FinishReason::ContentFilter),
        (Scenario::MaxTokens, Scenario::PARTIAL, FinishReason::Length),
    ];
    for (scenario, text, finish) in ends {
        everywhere(scenario, &BOTH, |result, case| {
            let whole = result.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!((whole.answer.text.as_str(), whole.evidence.finish()), (text, &finish), "{case}");
        })
        .await;
    }
    everywhere(Scenario::UnknownWords, &BOTH, |result, case| {
        let whole = result.unwrap();
        assert_eq!((whole.answer.text.as_str(), whole.evidence.finish().as_str()), (Scenario::TEXT, "other"), "{case}");
        assert!(whole.evidence.raw().is_some(), "{case}");
    })
    .await;
}

#[tokio::test]
async fn a_stream_without_evidence_is_truncated_and_keeps_its_text() {
    everywhere(Scenario::EndWithoutEvidence, &[Mode::Stream], |result, case| {
        let truncated = result.unwrap_err();
        assert_eq!(
            (truncated.partial.text.as_str(), truncated.cause.class),
            (Scenario::PARTIAL, FailureClass::Truncated),
            "{case}"
        );
    })
    .await;
    let mock = MockLlm::start().await.unwrap();
    let without = ask(&mock, Protocol::Gemini, Scenario::NoFinishReason, Mode::Stream).await.unwrap_err();
    assert_eq!((without.partial.text.as_str(), without.cause.class), (Scenario::TEXT, FailureClass::Truncated));
    let sentinel = ask(&mock, Protocol::OpenAiChat, Scenario::NoFinishReason, Mode::Stream).await.unwrap();
    assert_eq!(sentinel.evidence.finish(), &FinishReason::Other("unspecified".to_owned()));
}

#[tokio::test]
async fn a_broken_body_is_never_an_answer() {
    everywhere(Scenario::EndWithoutEvidence, &[Mode::Unary], |result, case| {
        assert_eq!(result.unwrap_err().cause.class, FailureClass::Protocol, "{case}");
    })
    .await;
    everywhere(Scenario::ResetMidLine, &[Mode::Unary], |result, case| {
        assert_eq!(result.unwrap_err().cause.class, FailureClass::Truncated, "{case}");
    })
    .await;
    let mock = MockLlm::start().await.unwrap();
    for protocol in Protocol::ALL {
        let gate = mock.new_gate();
        mock.play(protocol, Scenario::ResetMidLine);
        let stream = model(&mock, protocol).open(&request(), Mode::Stream).await.unwrap();
        let (result, ()) = tokio::join!(collect(stream), async {
            gate.reached().await;
            gate.open();
        });
        assert_eq!(result.unwrap_err().cause.class, FailureClass::Truncated, "{protocol:?}");
    }
}

#[tokio::test]
async fn errors_under_status_200_are_errors() {
    everywhere(Scenario::ErrorBeforeText, &BOTH, |result, case| {
        let failed = result.unwrap_err();
        assert!(failed.partial.is_empty(), "{case}");
        assert_eq!(failed.cause.class, FailureClass::Unavailable, "{case}");
    })
    .await;
    everywhere(Scenario::ErrorAfterText, &[Mode::Stream], |result, case| {
        let failed = result.unwrap_err();
        assert_eq!((failed.partial.text.as_str(), failed.cause.class), (Scenario::PARTIAL, FailureClass::Unavailable), "{case}");
    })
    .await;
}

#[tokio::test]
async fn faults_have_their_classes_and_hints() {
    let waits = [
        (Hint::Seconds(7), Some(Duration::from_secs(7))),
        (Hint::Date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO)),
        (Hint::Millis(250), Some(Duration::from_millis(250))),
        (Hint::InBody(22), Some(Duration::from_secs(22))),
        (Hint::None, None),
    ];
    for (hint, wait) in waits {
        everywhere(Scenario::Always(Fault::RateLimited(hint)), &BOTH, |result, case| {
            let error = result.unwrap_err().cause;
            assert_eq!((error.class, error.retry_after, error.status), (FailureClass::RateLimited, wait, Some(429)), "{case}");
        })
        .await;
    }
    let classes = [
        (Fault::Unauthorised, FailureClass::Auth),
        (Fault::QuotaSpent, FailureClass::QuotaExhausted),
        (Fault::Internal, FailureClass::Unavailable),
        (Fault::Unavailable, FailureClass::Unavailable),
        (Fault::Overloaded, FailureClass::Unavailable),
        (Fault::UnsupportedParameter, FailureClass::InvalidRequest),
        (Fault::ContextOverflow, FailureClass::ContextOverflow),
        (Fault::UnknownModel, FailureClass::UnknownModel),
    ];
    for (fault, class) in classes {
        everywhere(Scenario::Always(fault), &BOTH, |result, case| {
            let error = result.unwrap_err().cause;
            assert_eq!(error.class, class, "{case}: {error}");
            assert!(!error.message.contains("sk-mock"), "{case}: {error}");
        })
        .await;
    }
}

#[tokio::test]
async fn pages_and_floods_are_refused() {
    everywhere(Scenario::Html(200), &BOTH, |result, case| {
        assert_eq!(result.unwrap_err().cause.class, FailureClass::Protocol, "{case}");
    })
    .await;
    everywhere(Scenario::Html(502), &BOTH, |result, case| {
        assert_eq!(result.unwrap_err().cause.class, FailureClass::Unavailable, "{case}");
    })
    .await;
    everywhere(Scenario::HugeEvent, &[Mode::Stream], |result, case| {
        assert_eq!(result.unwrap_err().cause.class, FailureClass::Protocol, "{case}");
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_unavailable() {
    let mock = MockLlm::start().await.unwrap();
    let gone = model(&mock, Protocol::OpenAiChat);
    drop(mock);
    // The listener closes with its task; until then a connection may still be taken and dropped.
    let error = loop {
        match gone.open(&request(), Mode::Unary).await {
            Err(error) => break error,
            Ok(_) => tokio::task::yield_now().await,
        }
    };
    assert_eq!(error.class, FailureClass::Unavailable);
}

#[tokio::test]
async fn the_key_travels_in_a_header_only_and_the_path_is_the_protocols() {
    let mock = MockLlm::start().await.unwrap();
    let bearer = "Bearer sk-canary-key";
    let cases = [
        (Protocol::Gemini, "x-goog-api-key", "sk-canary-key", "/v1beta/models/m:streamGenerateContent?alt=sse"),
        (Protocol::OpenAiChat, "authorization", bearer, "/v1/chat/completions"),
        (Protocol::OpenAiResponses, "authorization", bearer, "/v1/responses"),
        (Protocol::Anthropic, "x-api-key", "sk-canary-key", "/v1/messages"),
        (Protocol::Ollama, "authorization", bearer, "/api/chat"),
    ];
    for (protocol, header, value, path) in cases {
        ask(&mock, protocol, Scenario::Ok, Mode::Stream).await.unwrap();
        let sent = mock.requests().pop().unwrap();
        assert_eq!(sent.header(header), Some(value));
        assert!(!sent.path.contains("canary") && !sent.body.to_string().contains("canary"));
        assert_eq!(sent.path, path);
        assert_eq!(sent.header("anthropic-version").is_some(), protocol == Protocol::Anthropic);
    }
}

#[tokio::test]
async fn vectors_come_in_the_order_of_their_texts_and_counts_from_the_provider() {
    let mock = MockLlm::start().await.unwrap();
    let texts = vec!["one".to_owned(), "two words".to_owned()];
    for protocol in Protocol::ALL {
        mock.play(protocol, Scenario::Ok);
        let model = model(&mock, protocol);
        let request = EmbedRequest { model: "m".to_owned(), texts: texts.clone(), dimensions: None };
        match model.embed(&request).await {
            Ok(found) => assert_eq!(found.vectors, [vec![3.0, 1.0, 1.0], vec![9.0, 2.0, 1.0]], "{protocol:?}"),
            Err(error) => assert_eq!((protocol, error.class), (Protocol::Anthropic, FailureClass::InvalidRequest)),
        }
        let counted = model.count_tokens(&self::request()).await.unwrap();
        assert_eq!(counted.is_some(), matches!(protocol, Protocol::Gemini | Protocol::Anthropic), "{protocol:?}");
    }
}

#[tokio::test]
async fn leaving_a_stream_hangs_up_at_the_provider() {
    use futures_util::StreamExt as _;
    let mock = MockLlm::start().await.unwrap();
    for (index, protocol) in Protocol::ALL.into_iter().enumerate() {
        mock.new_gate();
        mock.play(protocol, Scenario::StallMidStream);
        let mut stream = model(&mock, protocol).open(&request(), Mode::Stream).await.unwrap();
        assert!(stream.next().await.unwrap().is_ok());
        drop(stream);
        tokio::time::timeout(Duration::from_secs(10), mock.client_left(index)).await.unwrap();
    }
}
