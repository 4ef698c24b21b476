use core_kernel::{FieldError, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::LlmError;

/// Whom a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PolicyScope {
    /// Every person who has none of their own.
    Default,
    /// One person.
    User,
    /// Everybody who acts for an organisation, together.
    Org,
    /// One API key.
    ApiKey,
}

impl PolicyScope {
    const ALL: [Self; 4] = [Self::Default, Self::User, Self::Org, Self::ApiKey];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::User => "user",
            Self::Org => "org",
            Self::ApiKey => "api_key",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// How often a budget is filled again, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriod {
    /// Every day.
    Day,
    /// On the first of every month.
    #[default]
    Month,
}

const DAY: i64 = 86_400_000;

impl BudgetPeriod {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// From the stored word; what is no word is a month.
    pub fn parse(word: &str) -> Self {
        if word == "day" { Self::Day } else { Self::Month }
    }

    /// When the period that holds a moment began, and when the next one begins.
    pub fn around(self, now: Timestamp) -> (Timestamp, Timestamp) {
        let days = now.millis().div_euclid(DAY);
        let (from, to) = match self {
            Self::Day => (days, days + 1),
            Self::Month => {
                let (year, month) = month_of(days);
                let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                (first_of(year, month), first_of(next.0, next.1))
            }
        };
        (Timestamp::from_millis(from * DAY), Timestamp::from_millis(to * DAY))
    }
}

/// Year and month of a day since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn month_of(days: i64) -> (i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month)
}

/// The day since 1970 on which a month begins.
fn first_of(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// What somebody may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whom it is for.
    pub scope: PolicyScope,
    /// Who; nil for the default.
    pub subject: Uuid,
    /// What it says.
    pub rules: PolicyRules,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Raised by every change.
    pub version: i64,
}

/// What a policy says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRules {
    /// `provider/model`, `provider/*` or a model's name; empty: every model.
    pub models: Vec<String>,
    /// The most in a period, in millionths of a US dollar; none: as much as one likes.
    pub budget_micros: Option<i64>,
    /// The period of the budget.
    pub period: BudgetPeriod,
    /// Requests a minute.
    pub rpm: Option<u32>,
    /// Tokens a minute, by estimate.
    pub tpm: Option<u32>,
}

impl PolicyRules {
    /// Refuses what makes no sense.
    pub fn check(&self) -> Result<(), LlmError> {
        let mut fields = Vec::new();
        let sound = |name: &String| !name.is_empty() && name.len() <= 200 && !name.contains('\0');
        if self.models.len() > 200 || !self.models.iter().all(sound) {
            fields.push(FieldError::new("/models", "invalid_names", "At most 200 names of 1 to 200 bytes."));
        }
        if self.budget_micros.is_some_and(|budget| budget < 0) {
            fields.push(FieldError::new("/budget_micros", "out_of_range", "Expected at least 0."));
        }
        if self.rpm == Some(0) || self.tpm == Some(0) {
            fields.push(FieldError::new("/rpm", "out_of_range", "Expected at least 1."));
        }
        if fields.is_empty() { Ok(()) } else { Err(LlmError::Invalid(fields)) }
    }

    /// True when a model may be used.
    pub fn allows(&self, provider: &str, model: &str) -> bool {
        let id = format!("{provider}/{model}");
        let fits =
            |name: &String| *name == id || name == model || name.strip_suffix('*').is_some_and(|start| id.starts_with(start));
        self.models.is_empty() || self.models.iter().any(fits)
    }
}

/// What was set aside for a generation while it runs, and in whose accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// In millionths of a US dollar.
    pub micros: i64,
    /// The accounts.
    pub accounts: Vec<Account>,
}

/// One account of spending: whose, and of which period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose kind.
    pub scope: PolicyScope,
    /// Whose.
    pub subject: Uuid,
    /// When its period began, in milliseconds.
    pub since: i64,
}

/// One line of a report of usage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageLine {
    /// What it is about: a day, a model, a purpose, a person.
    pub key: String,
    /// How many generations.
    pub generations: i64,
    /// Tokens of input.
    pub input_tokens: i64,
    /// Tokens of output.
    pub output_tokens: i64,
    /// In millionths of a US dollar.
    pub cost_micros: i64,
}

/// What the lines of a report are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UsageBy {
    /// Days, UTC.
    #[default]
    Day,
    /// `provider/model`.
    Model,
    /// What it was for.
    Purpose,
    /// Who asked.
    User,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_begin_at_midnight_and_on_the_first() {
        let around = |period: BudgetPeriod, at: &str| {
            let (from, to) = period.around(at.parse().unwrap());
            (from.to_string(), to.to_string())
        };
        let pair =
            |from: &str, to: &str| (from.parse::<Timestamp>().unwrap().to_string(), to.parse::<Timestamp>().unwrap().to_string());
        assert_eq!(around(BudgetPeriod::Day, "2026-02-28T23:59:59Z"), pair("2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"));
        for (at, from, to) in [
            ("2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ] {
            assert_eq!(around(BudgetPeriod::Month, at), pair(from, to), "{at}");
        }
    }

    #[test]
    fn models_are_allowed_by_name_or_by_their_beginning() {
        let rules = PolicyRules { models: vec!["openai/*".into(), "m1".into()], ..PolicyRules::default() };
        assert!(rules.allows("openai", "gpt-5") && rules.allows("x", "m1") && !rules.allows("x", "m2"));
        assert!(PolicyRules::default().allows("x", "y"));
    }

    proptest::proptest! {
        #[test]
        fn every_moment_lies_in_its_period(millis in 0_i64..10_000_000_000_000) {
            let now = Timestamp::from_millis(millis);
            for period in [BudgetPeriod::Day, BudgetPeriod::Month] {
                let (from, to) = period.around(now);
                proptest::prop_assert!(from <= now && now < to);
                proptest::prop_assert_eq!(period.around(from).0, from);
            }
        }
    }
}
