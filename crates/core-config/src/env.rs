//! Environment variables as a value. [`Environment::process`] is the only place of the workspace that reads the process's own.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Names and values of variables. `Debug` shows names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
}

#[derive(Clone, PartialEq, Eq)]
struct Variable {
    value: String,
    from_dotenv: bool,
}

impl Environment {
    /// The variables of this process. Those that are not Unicode are left out.
    pub fn process() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|variable| variable.value.as_str())
    }

    /// The value of a variable, unless it is empty: hosts and compose files hand in empty ones for "not set".
    pub fn get_filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Names and values, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, variable)| (name.as_str(), variable.value.as_str()))
    }

    pub(crate) fn is_from_dotenv(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|variable| variable.from_dotenv)
    }

    /// Adds what the file holds and is not there yet. No file is no error.
    pub(crate) fn add_dotenv(&mut self, path: &Path) -> Result<(), String> {
        let lines = match dotenvy::from_path_iter(path) {
            Ok(lines) => lines,
            Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(describe(&error)),
        };
        for line in lines {
            let (name, value) = line.map_err(|error| describe(&error))?;
            self.variables.entry(name).or_insert(Variable { value, from_dotenv: true });
        }
        Ok(())
    }
}

/// Without the line itself, which may hold a secret.
fn describe(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(_, position) => format!("a line cannot be read (at its character {position})"),
        other => other.to_string(),
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variable = |value: V| Variable { value: value.into(), from_dotenv: false };
        Self { variables: variables.into_iter().map(|(name, value)| (name.into(), variable(value))).collect() }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
