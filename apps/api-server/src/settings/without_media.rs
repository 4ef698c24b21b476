use serde::{Deserialize, Serialize};

/// What a program without pictures still needs of their settings: exports of people are kept in the store too.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MediaConfig {
    /// `file:///...` or `s3://bucket/prefix` with the usual `AWS_*` variables; empty: a folder in the data dir.
    pub(crate) store_url: String,
}

impl MediaConfig {
    /// What is wrong with it: setting and rule.
    pub(crate) fn validate(&self) -> Vec<(&'static str, String)> {
        let url = &self.store_url;
        let is_known =
            url.is_empty() || url.starts_with("file:///") || url.strip_prefix("s3://").is_some_and(|rest| !rest.is_empty());
        if is_known { Vec::new() } else { vec![("store_url", "must be file:///... or s3://bucket/prefix".to_owned())] }
    }
}
