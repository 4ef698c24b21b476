use std::fmt;

use core_kernel::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{Date, Month, OffsetDateTime};

/// A calendar day (UTC where it comes from a moment), written as `2026-01-16`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// The day of a moment; moments beyond the calendar are its last day.
    pub fn of(at: Timestamp) -> Self {
        OffsetDateTime::from_unix_timestamp(at.seconds()).map_or(Self(Date::MAX), |moment| Self(moment.date()))
    }

    /// Reads `2026-01-16`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
        let month: u8 = parts.next().filter(|month| month.len() == 2)?.parse().ok()?;
        let day = parts.next().filter(|day| day.len() == 2)?.parse().ok()?;
        if parts.next().is_some() {
            return None;
        }
        Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok().map(Self)
    }

    /// Days since the beginning of the Julian calendar, for arithmetic.
    pub fn number(self) -> i64 {
        i64::from(self.0.to_julian_day())
    }

    /// The day with this number.
    pub fn from_number(number: i64) -> Self {
        let date = i32::try_from(number).ok().and_then(|number| Date::from_julian_day(number).ok());
        Self(date.unwrap_or(Date::MAX))
    }

    /// The first moment of the day.
    pub fn start(self) -> Timestamp {
        Timestamp::from_seconds(self.0.midnight().assume_utc().unix_timestamp())
    }

    /// Whole years from this day to another.
    pub fn years_until(self, other: Self) -> i32 {
        let (from, to) = (self.0, other.0);
        let not_yet = (u8::from(to.month()), to.day()) < (u8::from(from.month()), from.day());
        to.year() - from.year() - i32::from(not_yet)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected a day such as 2026-01-16"))
    }
}

#[cfg(feature = "http")]
mod openapi {
    use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, SchemaFormat, schema::Schema, schema::Type};

    impl utoipa::PartialSchema for super::Day {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))).into()
        }
    }

    impl utoipa::ToSchema for super::Day {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_written_and_counted() {
        let born = Day::parse("1996-02-29").unwrap();
        assert_eq!(born.to_string(), "1996-02-29");
        assert_eq!(born.years_until(Day::parse("2026-02-28").unwrap()), 29);
        assert_eq!(born.years_until(Day::parse("2026-03-01").unwrap()), 30);
        assert_eq!(Day::of(Timestamp::from_seconds(86_400 * 2 + 5)).to_string(), "1970-01-03");
        assert_eq!(Day::from_number(born.number() + 1).to_string(), "1996-03-01");
        assert_eq!(Day::parse("1970-01-03").unwrap().start(), Timestamp::from_seconds(86_400 * 2));
        for wrong in ["2026-13-01", "2026-02-30", "26-01-01", "2026-1-1", "2026-01-01-01", "soon", ""] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }
}
