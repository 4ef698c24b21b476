use core_kernel::PortError;
use serde::Serialize;

/// A part of a source file: a function, a class, a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = FileSection))]
pub struct Section {
    /// `function`, `class`, `method`, ...
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The names of what it lies in, outermost first, itself last.
    pub breadcrumb: Vec<String>,
    /// Its first line, from 1.
    pub start: u64,
    /// Its last line.
    pub end: u64,
    /// Its source, cut after a few thousand characters.
    pub text: String,
}

/// Whoever understands source code.
pub trait Sections: Send + Sync {
    /// False: nobody is behind the port.
    fn is_available(&self) -> bool {
        true
    }

    /// The innermost section around each of these lines (from 1), in their order. Blocks while it parses.
    fn enclosing(&self, path: &str, text: &str, lines: &[u64]) -> Result<Vec<Option<Section>>, PortError>;
}

/// Nobody understands source code here.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSections;

impl Sections for NoSections {
    fn is_available(&self) -> bool {
        false
    }

    fn enclosing(&self, _: &str, _: &str, lines: &[u64]) -> Result<Vec<Option<Section>>, PortError> {
        Ok(vec![None; lines.len()])
    }
}
