use core_kernel::PortError;
use files::{Section, Sections};

/// `files` asks `code` what lies around a line.
pub(crate) struct CodeSections;

impl Sections for CodeSections {
    fn enclosing(&self, path: &str, text: &str, lines: &[u64]) -> Result<Vec<Option<Section>>, PortError> {
        let section = |found: code::Enclosing| Section {
            kind: found.kind.as_str().to_owned(),
            name: found.name,
            breadcrumb: found.breadcrumb,
            start: u64::from(found.lines.start),
            end: u64::from(found.lines.end),
            text: found.text,
        };
        Ok(code::enclosing(path, text, lines).into_iter().map(|found| found.map(section)).collect())
    }
}
