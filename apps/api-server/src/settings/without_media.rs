use serde::{Deserialize, Serialize};

/// What a program without pictures still needs of their settings: exports of people are kept in the store too.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MediaConfig {
    /// `file:///...` or `s3://bucket/prefix` with the usual `AWS_*` variables; empty: a folder in the data dir.
    pub(crate) store_url: String,
}
