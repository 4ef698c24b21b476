//! Rows of a CSV file in a buffer of fixed size: neither a row without an end nor one of millions of cells takes more than that.

use std::collections::HashMap;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::MOST_ROWS;

/// The most bytes of a row.
const MOST_BYTES: usize = 64 * 1024;
/// The most cells of a row.
const MOST_CELLS: usize = 200;

/// A table whose first row names its columns.
pub(super) struct Table<'f> {
    columns: HashMap<String, usize>,
    records: Records<'f>,
}

/// A row of a table.
pub(super) struct Row<'t> {
    columns: &'t HashMap<String, usize>,
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    text: &'t str,
    ends: &'t [usize],
}

impl<'t> Row<'t> {
    /// A cell by its column; empty where there is none.
    pub(super) fn cell(&self, name: &str) -> &'t str {
        let cell = self.columns.get(name).and_then(|index| {
            let from = index.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before))?;
            self.text.get(*from..*self.ends.get(*index)?)
        });
        cell.unwrap_or_default().trim()
    }
}

impl<'f> Table<'f> {
    /// Comma or semicolon, whichever the first line has more of.
    pub(super) fn open(bytes: &'f [u8]) -> Result<Self, String> {
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: u8| first.split(|byte| *byte == delimiter).count();
        let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
        let mut records = Records::new(bytes, delimiter);
        let mut columns = HashMap::new();
        if let Some((text, ends)) = records.next()? {
            let mut from = 0;
            for (index, end) in ends.iter().enumerate() {
                columns.insert(text.get(from..*end).unwrap_or_default().trim().to_lowercase(), index);
                from = *end;
            }
        }
        Ok(Self { columns, records })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// Reads the rows one after the other.
    pub(super) fn each(self, mut read: impl FnMut(&Row<'_>) -> Result<(), String>) -> Result<(), String> {
        let Self { columns, mut records } = self;
        let mut count = 0;
        loop {
            let line = records.reader.line();
            let Some((text, ends)) = records.next()? else { return Ok(()) };
            count += 1;
            if count > MOST_ROWS {
                return Err(format!("more than {MOST_ROWS} rows"));
            }
            read(&Row { columns: &columns, line, text, ends })?;
        }
    }
}

struct Records<'f> {
    reader: Reader,
    rest: &'f [u8],
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl<'f> Records<'f> {
    fn new(bytes: &'f [u8], delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { reader, rest: bytes, output: vec![0; MOST_BYTES], ends: vec![0; MOST_CELLS] }
    }

    /// The text of the next row and where each of its cells ends.
    fn next(&mut self) -> Result<Option<(&str, &[usize])>, String> {
        let (mut bytes, mut cells) = (0, 0);
        loop {
            let output = self.output.get_mut(bytes..).unwrap_or_default();
            let ends = self.ends.get_mut(cells..).unwrap_or_default();
            let (result, read, written, ended) = self.reader.read_record(self.rest, output, ends);
            self.rest = self.rest.get(read..).unwrap_or_default();
            (bytes, cells) = (bytes + written, cells + ended);
            let line = self.reader.line();
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => return Err(format!("line {line}: a row of more than {MOST_BYTES} bytes")),
                ReadRecordResult::OutputEndsFull => return Err(format!("line {line}: a row of more than {MOST_CELLS} cells")),
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => {
                    let text = self.output.get(..bytes).and_then(|text| std::str::from_utf8(text).ok());
                    let text = text.ok_or_else(|| format!("line {line}: not a table in UTF-8"))?;
                    return Ok(Some((text, self.ends.get(..cells).unwrap_or_default())));
                }
            }
        }
    }
}
