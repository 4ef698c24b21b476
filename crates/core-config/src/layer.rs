use std::fmt;
use std::path::PathBuf;

/// Who set a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Nobody; it is the built-in default.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// A variable that hosts set, such as `PORT`.
    Alias(String),
    /// A variable `APP__...`.
    Environment(String),
    /// A variable in the file `.env`.
    DotEnv(String),
    /// The command line.
    Flag,
}

impl Layer {
    /// True when a file cannot change the value, because something above files sets it.
    pub fn is_above_files(&self) -> bool {
        !matches!(self, Self::Default | Self::File(_))
    }

    /// What to do about a wrong value from here.
    pub(crate) fn fix(&self, key: &str) -> String {
        match self {
            Self::Default => format!("set `{key}`"),
            Self::File(path) => format!("correct `{key}` in {}", path.display()),
            Self::Alias(variable) | Self::Environment(variable) => format!("correct or unset {variable}"),
            Self::DotEnv(variable) => format!("correct or remove {variable} in .env"),
            Self::Flag => "correct the flag".to_owned(),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Alias(variable) | Self::Environment(variable) => f.write_str(variable),
            Self::DotEnv(variable) => write!(f, ".env ({variable})"),
            Self::Flag => f.write_str("command line"),
        }
    }
}
