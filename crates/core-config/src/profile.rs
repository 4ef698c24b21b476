use std::fmt;
use std::str::FromStr;

/// What the server runs for. Chosen by `APP__PROFILE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// A laptop: everything optional has a default, `.env` is read.
    #[default]
    Development,
    /// Automated tests.
    Test,
    /// For others to use: insecure values are refused.
    Production,
}

impl Profile {
    /// Every profile, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Development, Self::Test, Self::Production];

    /// The word used in `APP__PROFILE` and file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Production => "production",
        }
    }

    /// True for [`Profile::Production`].
    pub const fn is_production(self) -> bool {
        matches!(self, Self::Production)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|profile| profile.as_str() == text);
        found.ok_or("expected development, test or production")
    }
}
