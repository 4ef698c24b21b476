use std::fmt;

use crate::DomainError;

/// What went wrong behind a port: another feature's error, of whatever type. Its problem code and its advice on trying again are passed on.
pub struct PortError(Box<dyn DomainError>);

impl PortError {
    /// The error behind it.
    pub fn cause(&self) -> &dyn DomainError {
        self.0.as_ref()
    }
}

impl<E: DomainError> From<E> for PortError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Debug for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for PortError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
