use std::path::PathBuf;

/// Why a key or something sealed or signed is refused. No variant carries key material or the value at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is no master key.
    #[error("the master key is unusable: {problem}")]
    MasterKey {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The master key's file is there but its content is no key.
    #[error("{} holds no usable master key: {problem}. Restore the file from a backup; a new key cannot open what the old one sealed", path.display())]
    GarbledFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with its content.
        problem: &'static str,
    },
    /// The master key's file cannot be read or made.
    #[error("cannot {action} the master key file {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The text has not the form that `seal` or `sign_token` writes.
    #[error("not a sealed or signed value")]
    Malformed,
    /// Made under a master key that is neither the current nor a previous one.
    #[error("made under an unknown master key")]
    UnknownKey,
    /// Changed since it was made, or made for another purpose or other associated data.
    #[error("the value is not authentic")]
    NotAuthentic,
    /// The value is too large for one AES-256-GCM message (about 64 GiB).
    #[error("the value is too large to seal")]
    TooLarge,
}
