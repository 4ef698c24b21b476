use serde::{Deserialize, Serialize};

use crate::model::{Locale, TimeZone, Units};

/// Settings of profiles: what holds for people who have not chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsersConfig {
    /// Language and region (BCP 47), such as `en` or `de-CH`.
    pub locale: String,
    /// Time zone (IANA name), such as `Europe/Zurich`.
    pub time_zone: String,
    /// Units of measurement.
    pub units: Units,
}

impl Default for UsersConfig {
    fn default() -> Self {
        Self {
            locale: Locale::default().as_str().to_owned(),
            time_zone: TimeZone::default().as_str().to_owned(),
            units: Units::default(),
        }
    }
}

impl UsersConfig {
    /// Every setting that makes no sense, as key and reason.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if Locale::parse(&self.locale).is_none() {
            problems.push(("locale", format!("must be {}", Locale::RULE)));
        }
        if TimeZone::parse(&self.time_zone).is_none() {
            problems.push(("time_zone", format!("must be {}", TimeZone::RULE)));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_make_no_sense_are_named() {
        assert!(UsersConfig::default().validate().is_empty());
        let wrong = UsersConfig { locale: "english".to_owned() + "-!", time_zone: "+02:00".to_owned(), ..UsersConfig::default() };
        let keys: Vec<_> = wrong.validate().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["locale", "time_zone"]);
    }
}
