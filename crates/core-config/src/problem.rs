use std::fmt;

/// The exit code of a process whose configuration is wrong (`sysexits.h`, EX_CONFIG).
pub const EX_CONFIG: u8 = 78;

/// One thing that is wrong. Values of secrets never appear in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Which key, dotted; a dash when no single one is at fault.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// Who set it. A validation leaves it empty; the loader fills it in.
    pub layer: String,
    /// How to put it right.
    pub fix: String,
}

impl ConfigProblem {
    /// For validations: the layer is filled in by the loader.
    pub fn new(key: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into(), layer: String::new(), fix: fix.into() }
    }
}

/// All that is wrong, found in one go. `Display` is one aligned table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblems(pub Vec<ConfigProblem>);

impl std::error::Error for ConfigProblems {}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(f, "{count} problem{} in the configuration:\n", if count == 1 { "" } else { "s" })?;
        let head = ["KEY", "PROBLEM", "SET BY", "HOW TO FIX"];
        let rows = self.0.iter().map(|row| [&*row.key, &*row.problem, &*row.layer, &*row.fix]);
        let rows: Vec<[&str; 4]> = std::iter::once(head).chain(rows).collect();
        let mut widths = [0; 4];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let [key, problem, layer, _] = widths;
        for [at, wrong, by, fix] in rows {
            writeln!(f, "{at:key$}  {wrong:problem$}  {by:layer$}  {fix}")?;
        }
        Ok(())
    }
}
