use async_trait::async_trait;
use core_kernel::{Owner, PortError};

/// A picture that is about to be stored, clean and upright.
#[derive(Clone, Copy, Debug)]
pub struct Scanned<'a> {
    /// Whose it is.
    pub owner: Owner,
    /// Its media type.
    pub mime: &'static str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A product's own look at what is uploaded, such as a service that knows forbidden pictures. Asked before anything is served.
#[async_trait]
pub trait ContentScan: Send + Sync {
    /// Takes it, or says why not; the reason is shown to whoever sent it.
    async fn scan(&self, picture: Scanned<'_>) -> Result<ScanVerdict, PortError>;
}

/// What a [`ContentScan`] answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanVerdict {
    /// Store it.
    Clean,
    /// Do not.
    Refused(String),
}

/// Looks at nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoScan;

#[async_trait]
impl ContentScan for NoScan {
    async fn scan(&self, _picture: Scanned<'_>) -> Result<ScanVerdict, PortError> {
        Ok(ScanVerdict::Clean)
    }
}
