//! Protocols by scripts, cut at every byte.

use llm::chat::{Collector, Completion, FinishReason, Truncated};
use llm::provider::FailureClass;
use mock_llm::{Gate, Protocol, Recorded, Scenario, Step};

use crate::providers::wire;

/// What a script sends, as the bytes of one body.
fn body(protocol: Protocol, scenario: Scenario) -> Vec<u8> {
    let request = Recorded {
        method: "POST".into(),
        path: "/v1beta/models/m:streamGenerateContent".into(),
        headers: Vec::new(),
        body: serde_json::json!({ "stream": true }),
        client_left: false,
        answered: false,
        billed: None,
    };
    let steps = scenario.script(protocol, &request, 0, &Gate::default()).body;
    let bytes = steps.into_iter().filter_map(|step| match step {
        Step::Send(bytes) | Step::SendBytewise(bytes) => Some(bytes),
        _ => None,
    });
    bytes.flatten().collect()
}

fn read(protocol: Protocol, bytes: &[u8]) -> Result<Completion, Truncated> {
    let wire = wire(protocol);
    let (mut frames, mut decoder, mut collector) = (wire.framing().decoder(1 << 20), wire.stream_decoder(), Collector::default());
    let take = |data: &str, decoder: &mut dyn llm::provider::StreamDecoder, collector: &mut Collector| {
        if decoder.is_done() {
            return;
        }
        let mut out = Vec::new();
        let read = decoder.event(data, &mut out);
        for event in out {
            collector.take(Ok(event));
        }
        if let Err(error) = read {
            collector.take(Err(error));
        }
    };
    for data in frames.push(bytes).unwrap() {
        take(&data, &mut *decoder, &mut collector);
    }
    if let (Some(last), _) = frames.end() {
        take(&last, &mut *decoder, &mut collector);
    }
    let mut out = Vec::new();
    decoder.end(&mut out);
    for event in out {
        collector.take(Ok(event));
    }
    collector.end()
}

#[test]
fn a_stream_cut_at_any_byte_is_whole_or_truncated_and_nothing_between() {
    let mut cuts = 0_usize;
    for protocol in Protocol::ALL {
        for scenario in Scenario::CUTTABLE {
            let (body, answer) = (body(protocol, scenario), scenario.answer());
            let whole = read(protocol, &body).ok();
            for cut in 0..=body.len() {
                cuts += 1;
                let case = || format!("{protocol:?} {scenario:?} cut at {cut} of {}", body.len());
                match read(protocol, &body[..cut]) {
                    Ok(found) => {
                        let expected = whole.as_ref().unwrap_or_else(|| panic!("{} is whole", case()));
                        assert_eq!(found.answer.text, answer.joined_text(), "{}", case());
                        assert_eq!(found.answer.reasoning, answer.joined_reasoning(), "{}", case());
                        assert_eq!(found.answer.tool_calls.len(), answer.tools().len(), "{}", case());
                        // Where the sentinel is what counts, the reason has come before it.
                        assert_eq!(found.evidence, expected.evidence, "{}", case());
                    }
                    Err(truncated) => {
                        assert!(answer.joined_text().starts_with(&truncated.partial.text), "{}", case());
                        assert!(whole.is_none() || cut < body.len(), "{} is not whole", case());
                    }
                }
            }
        }
    }
    assert!(cuts > 50_000, "{cuts} cuts");
}

/// No `stop` without evidence: what ends a script early never looks like a proper end.
#[test]
fn what_breaks_off_or_fails_is_never_whole() {
    let broken = [
        Scenario::ErrorBeforeText,
        Scenario::ErrorAfterText,
        Scenario::EndWithoutEvidence,
        Scenario::ResetMidLine,
        Scenario::Html(200),
    ];
    for protocol in Protocol::ALL {
        for scenario in broken {
            let failed = read(protocol, &body(protocol, scenario)).unwrap_err();
            let text =
                if scenario == Scenario::ErrorBeforeText || scenario == Scenario::Html(200) { "" } else { Scenario::PARTIAL };
            assert_eq!(failed.partial.text, text, "{protocol:?} {scenario:?}");
            let in_band = matches!(scenario, Scenario::ErrorBeforeText | Scenario::ErrorAfterText);
            assert_eq!(failed.cause.class == FailureClass::Unavailable, in_band, "{protocol:?} {scenario:?}: {failed}");
        }
        let filtered = read(protocol, &body(protocol, Scenario::AnswerBlocked)).unwrap();
        assert_eq!(filtered.evidence.finish(), &FinishReason::ContentFilter, "{protocol:?}");
    }
}
