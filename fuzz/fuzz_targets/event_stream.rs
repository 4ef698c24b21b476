#![no_main]
use libfuzzer_sys::fuzz_target;
use llm::framing::SseDecoder;

const LIMIT: usize = 1 << 16;

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let Ok(whole) = SseDecoder::new(LIMIT).push(bytes) else { return };
    let mut decoder = SseDecoder::new(LIMIT);
    let mut cut = Vec::new();
    for chunk in bytes.chunks(usize::from(size).max(1)) {
        match decoder.push(chunk) {
            Ok(events) => cut.extend(events),
            Err(_) => return,
        }
    }
    assert_eq!(whole.len(), cut.len());
});
