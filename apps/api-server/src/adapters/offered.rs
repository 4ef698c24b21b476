use std::fmt;

use core_http::codes;
use core_kernel::{DomainError, ProblemCode};

/// What a feature gives to others, as long as this server has the feature.
#[derive(Clone, Debug)]
pub(crate) struct Offered<T> {
    feature: &'static str,
    given: Option<T>,
}

impl<T> Offered<T> {
    /// Given by a feature that is switched on, or not.
    pub(crate) fn by(feature: &'static str, given: T, is_on: bool) -> Self {
        Self { feature, given: is_on.then_some(given) }
    }

    /// What is given, or 503 with the feature's name.
    pub(crate) fn get(&self) -> Result<&T, FeatureOff> {
        self.given.as_ref().ok_or(FeatureOff(self.feature))
    }

    /// What is given, if it is.
    #[cfg(any(feature = "media", feature = "webhooks"))]
    pub(crate) fn given(&self) -> Option<&T> {
        self.given.as_ref()
    }
}

/// A feature was asked that this server does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FeatureOff(pub(crate) &'static str);

impl fmt::Display for FeatureOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is switched off in this server", self.0)
    }
}

impl std::error::Error for FeatureOff {}

impl DomainError for FeatureOff {
    fn code(&self) -> &'static ProblemCode {
        &codes::FEATURE_OFF
    }

    fn detail(&self) -> String {
        format!("{self}.")
    }
}
