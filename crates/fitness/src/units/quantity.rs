use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{Confidence, Length, LengthUse, Mass, Parsed, QuantityFault, UnitSystem, parse_length, parse_mass, rounded};

/// A quantity as a caller writes it: a text with a unit, or value and unit apart. A bare number is read like its text.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema), serde(untagged))]
pub enum QuantityText {
    /// `"180 cm"`, `"5'11\""`, `"12 st 8 lb"`.
    Text(String),
    /// A number without a unit, which is ambiguous where more than one unit is plausible.
    Number(f64),
    /// `{"value": 180, "unit": "cm"}`.
    Parts(Parts),
}

/// Value and unit apart.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema), schema(as = QuantityParts))]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// A number, or a text such as `11 st 7`.
    value: NumberOrText,
    /// `kg`, `lb`, `st`, `g`, `oz`, `cm`, `m`, `mm`, `in` or `ft`.
    unit: String,
}

/// A number as JSON or as text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum NumberOrText {
    /// A JSON number.
    Number(f64),
    /// Its text.
    Text(String),
}

impl<'de> Deserialize<'de> for QuantityText {
    /// Reads as it comes. What serde keeps aside to try one form after the other is read with less care.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

struct QuantityVisitor;

impl<'de> Visitor<'de> for QuantityVisitor {
    type Value = QuantityText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text with a unit, a number, or value and unit")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<QuantityText, E> {
        Ok(QuantityText::Text(text.to_owned()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<QuantityText, E> {
        Ok(QuantityText::Number(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "a quantity of people has few digits")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<QuantityText, E> {
        Ok(QuantityText::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a quantity of people has few digits")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<QuantityText, E> {
        Ok(QuantityText::Number(number as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<QuantityText, A::Error> {
        Parts::deserialize(MapAccessDeserializer::new(members)).map(QuantityText::Parts)
    }
}

impl QuantityText {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Parts(Parts { value: NumberOrText::Number(number), unit }) => format!("{number} {unit}"),
            Self::Parts(Parts { value: NumberOrText::Text(text), unit }) => format!("{text} {unit}"),
        }
    }

    /// The length, refused where it is only inferred: nothing is stored or computed on a guess.
    pub fn length(&self, measures: LengthUse, system: Option<UnitSystem>) -> Result<Length, QuantityFault> {
        let text = self.text();
        let parsed = parse_length(&text, measures, system)?;
        if parsed.confidence == Confidence::Inferred {
            let reading = format!("{} {}", text.trim(), parsed.unit);
            let value = rounded(parsed.quantity.as_cm(), 3);
            return Err(QuantityFault::Ambiguous(vec![super::Reading { text: reading, value, unit: "cm" }]));
        }
        Ok(parsed.quantity)
    }

    /// The mass, refused where it is only inferred.
    pub fn mass(&self, system: Option<UnitSystem>, range: (f64, f64)) -> Result<Mass, QuantityFault> {
        parse_mass(&self.text(), system, None, range).map(|Parsed { quantity, .. }| quantity)
    }
}

/// A quantity as it is answered, in the caller's units.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Shown {
    /// In `unit`, rounded for reading.
    pub value: f64,
    /// `kg`, `lb`, `cm` or `in`.
    #[cfg_attr(feature = "http", schema(example = "kg"))]
    pub unit: &'static str,
    /// For people.
    #[cfg_attr(feature = "http", schema(example = "79.8 kg"))]
    pub text: String,
}

impl Shown {
    /// A body mass or a load.
    pub fn mass(mass: Mass, system: UnitSystem) -> Self {
        let (value, unit) = match system {
            UnitSystem::Metric => (rounded(mass.as_kg(), 2), "kg"),
            UnitSystem::Imperial => (rounded(mass.as_lb(), 1), "lb"),
        };
        Self { value, unit, text: format!("{value} {unit}") }
    }

    /// A girth.
    pub fn length(length: Length, system: UnitSystem) -> Self {
        let (value, unit) = match system {
            UnitSystem::Metric => (rounded(length.as_cm(), 1), "cm"),
            UnitSystem::Imperial => (rounded(length.as_inches(), 1), "in"),
        };
        Self { value, unit, text: format!("{value} {unit}") }
    }

    /// A height: feet and inches for people who read those.
    pub fn height(length: Length, system: UnitSystem) -> Self {
        let shown = Self::length(length, system);
        match system {
            UnitSystem::Metric => shown,
            UnitSystem::Imperial => {
                let (feet, inches) = length.feet_and_inches();
                Self { text: format!("{feet}'{inches}\""), ..shown }
            }
        }
    }
}
