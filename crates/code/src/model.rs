use std::fmt;

use serde::{Serialize, Serializer};

use crate::Language;

/// What a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SymbolKind {
    /// A function that belongs to no type.
    Function,
    /// A function of a type.
    Method,
    /// A class.
    Class,
    /// A struct, a union or a record.
    Struct,
    /// An enumeration.
    Enum,
    /// A value of an enumeration.
    Variant,
    /// A trait.
    Trait,
    /// An interface.
    Interface,
    /// A type with another name.
    Type,
    /// A module, namespace or package.
    Module,
    /// A constant.
    Constant,
    /// A variable.
    Variable,
    /// A field or property.
    Field,
    /// A macro.
    Macro,
    /// A key of a document.
    Key,
    /// A table, view or other thing of a database, an element, a selector.
    Element,
}

impl SymbolKind {
    /// The word that the API uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Method => "method",
            Self::Class => "class",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Variant => "variant",
            Self::Trait => "trait",
            Self::Interface => "interface",
            Self::Type => "type",
            Self::Module => "module",
            Self::Constant => "constant",
            Self::Variable => "variable",
            Self::Field => "field",
            Self::Macro => "macro",
            Self::Key => "key",
            Self::Element => "element",
        }
    }

    /// Functions within it are its methods.
    pub(crate) const fn has_methods(self) -> bool {
        matches!(self, Self::Class | Self::Struct | Self::Enum | Self::Trait | Self::Interface)
    }

    /// Variables within it are its own business.
    pub(crate) const fn has_locals(self) -> bool {
        matches!(self, Self::Function | Self::Method | Self::Macro)
    }
}

/// Lines from the one to the other, from 1, both included; written `10-40`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lines {
    /// The first.
    pub start: u32,
    /// The last.
    pub end: u32,
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end)
    }
}

impl Serialize for Lines {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Something with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = CodeSymbol))]
pub struct Symbol {
    /// The name.
    #[cfg_attr(feature = "http", schema(example = "parse"))]
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// How it is declared, on one line and without its body.
    #[cfg_attr(feature = "http", schema(example = "pub fn parse(text: &str) -> Option<Self>"))]
    pub signature: String,
    /// The comment that documents it.
    pub doc: Option<String>,
    /// Its lines, body included.
    #[cfg_attr(feature = "http", schema(value_type = String, example = "10-40"))]
    pub lines: Lines,
    /// The names of what it lies in, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub container: Vec<String>,
    /// Others may use it, as far as the file tells.
    pub exported: bool,
    /// Its bytes in the source.
    #[serde(skip)]
    pub bytes: (u32, u32),
}

/// Something that a file takes from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = CodeImport))]
pub struct Import {
    /// What is named: a module, a package, a file.
    #[cfg_attr(feature = "http", schema(example = "std::collections::HashMap"))]
    pub module: String,
    /// Where.
    pub line: u32,
}

/// Where a name occurs without being defined there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Index into [`Extract::names`].
    pub name: u32,
    /// The line, from 1.
    pub line: u32,
}

/// What was found in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extract {
    /// Its language.
    pub language: Language,
    /// In the order of the source.
    pub symbols: Vec<Symbol>,
    /// In the order of the source.
    pub imports: Vec<Import>,
    /// Names that others may use.
    pub exports: Vec<String>,
    /// Names that occur, each once, in order.
    pub names: Vec<String>,
    /// Where they do.
    pub references: Vec<Reference>,
    /// Places that are no valid source.
    pub errors: u32,
    /// The time was up or a limit reached: there may be more.
    pub truncated: bool,
    /// Lines of the source.
    pub lines: u32,
}
