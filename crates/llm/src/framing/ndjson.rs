use super::Overlong;
use super::lines::Lines;

/// Newline-delimited JSON: one document a line; the last line may lack its end.
#[derive(Debug)]
pub struct NdjsonDecoder {
    lines: Lines,
}

impl NdjsonDecoder {
    /// `limit` is the most bytes of one line.
    pub fn new(limit: usize) -> Self {
        Self { lines: Lines::new(limit, false) }
    }

    /// Takes a chunk in and gives the documents that it completes.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<String>, Overlong> {
        let mut documents = Vec::new();
        self.lines.push(chunk, |line| {
            documents.extend(document(line));
            Ok::<_, Overlong>(())
        })?;
        Ok(documents)
    }

    /// The body has ended: the last document, when its line had no end.
    pub fn end(mut self) -> Option<String> {
        document(&self.lines.end())
    }
}

fn document(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    let text = text.trim();
    if text.is_empty() { None } else { Some(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_chunking_gives_the_same_documents(cuts in proptest::collection::vec(0_usize..60, 0..12)) {
            let body = "{\"a\":\"ü🧱\"}\r\n\n{\"b\":2}\n{\"c\":3}".as_bytes();
            let mut decoder = NdjsonDecoder::new(1024);
            let mut documents = Vec::new();
            for part in super::super::sse::tests::cut(body, &cuts) {
                documents.extend(decoder.push(part).unwrap());
            }
            documents.extend(decoder.end());
            proptest::prop_assert_eq!(documents, ["{\"a\":\"ü🧱\"}", "{\"b\":2}", "{\"c\":3}"]);
        }
    }
}
