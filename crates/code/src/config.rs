use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Limits;

/// Settings of understanding source code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CodeConfig {
    /// The most bytes of a source file that is read.
    pub max_file_bytes: u64,
    /// How long a file may take, in milliseconds.
    pub file_ms: u64,
    /// How long a map may take, in seconds; what was read by then is ranked.
    pub map_seconds: u64,
    /// The most files of a map.
    pub max_files: usize,
    /// Memory for what was found in files, in MiB.
    pub cache_mib: u64,
    /// The most bytes of source in one question to a model; more is asked in parts.
    pub model_bytes: usize,
    /// The most parts of one question.
    pub model_parts: usize,
}

impl Default for CodeConfig {
    fn default() -> Self {
        Self {
            max_file_bytes: 1 << 20,
            file_ms: 1500,
            map_seconds: 20,
            max_files: 20_000,
            cache_mib: 256,
            model_bytes: 48 << 10,
            model_parts: 8,
        }
    }
}

impl CodeConfig {
    /// Every setting that makes no sense, as key and reason.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut within = |key, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                problems.push((key, format!("must be {least} to {most}")));
            }
        };
        within("max_file_bytes", self.max_file_bytes, 1 << 10, 64 << 20);
        within("file_ms", self.file_ms, 10, 60_000);
        within("map_seconds", self.map_seconds, 1, 25);
        within("max_files", self.max_files as u64, 1, 1_000_000);
        within("cache_mib", self.cache_mib, 1, 1 << 20);
        within("model_bytes", self.model_bytes as u64, 1 << 10, 2 << 20);
        within("model_parts", self.model_parts as u64, 1, 64);
        problems
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { time: Duration::from_millis(self.file_ms), ..Limits::default() }
    }
}
