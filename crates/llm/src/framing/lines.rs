/// A line or an event is longer than the decoder allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {limit} bytes")]
pub struct Overlong {
    /// The limit in bytes.
    pub limit: usize,
}

/// Cuts bytes into lines that end with LF, CRLF or CR.
#[derive(Debug)]
pub(super) struct Lines {
    pending: Vec<u8>,
    /// The last byte was CR: an LF right after it belongs to the same line end.
    after_cr: bool,
    limit: usize,
    cr_counts: bool,
}

impl Lines {
    pub(super) fn new(limit: usize, cr_counts: bool) -> Self {
        Self { pending: Vec::new(), after_cr: false, limit, cr_counts }
    }

    /// Takes a chunk in and calls `line` for every line that it completes.
    pub(super) fn push<E: From<Overlong>>(
        &mut self,
        chunk: &[u8],
        mut line: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = chunk;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n' || (self.cr_counts && *byte == b'\r')) {
            let (head, tail) = rest.split_at(at);
            let (end, mut tail) = tail.split_first().map_or((b'\n', tail), |(end, tail)| (*end, tail));
            if end == b'\r' {
                self.after_cr = tail.is_empty();
                tail = tail.strip_prefix(b"\n").unwrap_or(tail);
            }
            if self.pending.is_empty() {
                self.check(head.len())?;
                line(head)?;
            } else {
                self.keep(head)?;
                let whole = std::mem::take(&mut self.pending);
                line(&whole)?;
            }
            rest = tail;
        }
        Ok(self.keep(rest)?)
    }

    /// What stands after the last line end.
    pub(super) fn end(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pending)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Overlong> {
        self.check(self.pending.len().saturating_add(bytes.len()))?;
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    fn check(&self, length: usize) -> Result<(), Overlong> {
        if length > self.limit { Err(Overlong { limit: self.limit }) } else { Ok(()) }
    }
}
