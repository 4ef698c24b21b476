use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::{KG_PER_LB, LB_PER_STONE, Length, M_PER_INCH, Mass, UnitSystem};

/// The longest text of a quantity.
const MAX_CHARS: usize = 32;
/// Body mass that is accepted, in kilograms.
pub const BODY_MASS: (f64, f64) = (20.0, 400.0);
/// Body height that is accepted, in metres.
pub(crate) const HEIGHT_RANGE: (f64, f64) = (1.0, 2.72);
/// Girths that are accepted, in metres.
pub(crate) const GIRTH_RANGE: (f64, f64) = (0.2, 2.5);
/// Loads on a bar, from nothing to more than anybody has lifted, in kilograms.
pub const LOADS: (f64, f64) = (0.0, 1000.0);
/// Body-mass indices that a bare number is tried against.
const PLAUSIBLE_BMI: (f64, f64) = (12.0, 60.0);

/// How a reading was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The text names its unit.
    Explicit,
    /// The text has no unit; the caller's system decided.
    Preferred,
    /// The text has no unit; only one reading is plausible. The caller confirms it before anything is stored.
    Inferred,
}

/// What a length measures; bare numbers are read differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LengthUse {
    /// A person's height.
    #[default]
    Height,
    /// Round a waist, a neck, a hip.
    Girth,
}

/// A text understood in one way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parsed<T> {
    /// What it says.
    pub quantity: T,
    /// The unit that was read: `kg`, `lb`, `st`, `g`, `oz`, `cm`, `m`, `mm`, `in`, `ft`.
    pub unit: &'static str,
    /// How it was come by.
    pub confidence: Confidence,
}

/// One way to understand an ambiguous text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Reading {
    /// The text with its unit written out; sending it back is explicit.
    #[cfg_attr(feature = "http", schema(example = "180 lb"))]
    pub text: String,
    /// The value in the SI unit of the API: kilograms or centimetres.
    pub value: f64,
    /// `kg` or `cm`.
    pub unit: &'static str,
}

/// Why a text is no quantity.
#[derive(Clone, Debug, PartialEq)]
pub enum QuantityFault {
    /// It is none.
    Unreadable(&'static str),
    /// It can be read in several ways, or in one that must be confirmed.
    Ambiguous(Vec<Reading>),
    /// Outside what is accepted, with the range for people.
    OutOfRange(String),
}

/// Reads a length. Bare numbers follow section 1.1 of the facts: a height of 0.50 to 2.72 is metres, 36 to 96 inches, 100 to 272
/// centimetres, 3.0 to 8.9 ambiguous.
pub fn parse_length(text: &str, measures: LengthUse, system: Option<UnitSystem>) -> Result<Parsed<Length>, QuantityFault> {
    let text = tidy(text)?;
    let parsed = match Words::of(&text)?.length()? {
        Read::Quantity(quantity, unit) => Parsed { quantity, unit, confidence: Confidence::Explicit },
        Read::Bare(number) => match measures {
            LengthUse::Height => bare_height(number, system)?,
            LengthUse::Girth => bare_girth(number, system)?,
        },
    };
    let (low, high) = match measures {
        LengthUse::Height => HEIGHT_RANGE,
        LengthUse::Girth => GIRTH_RANGE,
    };
    if (low..=high).contains(&parsed.quantity.as_m()) {
        return Ok(parsed);
    }
    let (low, high) = (Length::metres(low), Length::metres(high));
    Err(QuantityFault::OutOfRange(format!(
        "Expected {:.0} to {:.0} cm ({:.0} to {:.0} in).",
        low.as_cm(),
        high.as_cm(),
        low.as_inches(),
        high.as_inches()
    )))
}

/// Reads a mass within `range` kilograms. A bare number is taken in the caller's unit; else, with a height, in the only unit that gives a
/// plausible body-mass index; else it is ambiguous.
pub fn parse_mass(
    text: &str,
    system: Option<UnitSystem>,
    height: Option<Length>,
    range: (f64, f64),
) -> Result<Parsed<Mass>, QuantityFault> {
    let text = tidy(text)?;
    let parsed = match Words::of(&text)?.mass()? {
        Read::Quantity(quantity, unit) => Parsed { quantity, unit, confidence: Confidence::Explicit },
        Read::Bare(number) => bare_mass(number, system, height)?,
    };
    if (range.0..=range.1).contains(&parsed.quantity.as_kg()) {
        return Ok(parsed);
    }
    Err(QuantityFault::OutOfRange(format!(
        "Expected {:.0} to {:.0} kg ({:.0} to {:.0} lb).",
        range.0,
        range.1,
        range.0 / KG_PER_LB,
        range.1 / KG_PER_LB
    )))
}

fn bare_height(number: f64, system: Option<UnitSystem>) -> Result<Parsed<Length>, QuantityFault> {
    let inferred = |quantity, unit| Ok(Parsed { quantity, unit, confidence: Confidence::Inferred });
    let preferred = |quantity, unit| Ok(Parsed { quantity, unit, confidence: Confidence::Preferred });
    match (number, system) {
        (0.5..=2.72, Some(UnitSystem::Metric)) => preferred(Length::metres(number), "m"),
        (36.0..=96.0, Some(UnitSystem::Imperial)) => preferred(Length::inches(number), "in"),
        (100.0..=272.0, Some(UnitSystem::Metric)) => preferred(Length::cm(number), "cm"),
        (0.5..=2.72, _) => inferred(Length::metres(number), "m"),
        (36.0..=96.0, _) => inferred(Length::inches(number), "in"),
        (100.0..=272.0, _) => inferred(Length::cm(number), "cm"),
        (3.0..=8.9, _) => Err(QuantityFault::Ambiguous(feet_readings(number))),
        _ => Err(QuantityFault::OutOfRange("Expected a height of 100 to 272 cm (3'4\" to 8'11\").".to_owned())),
    }
}

/// `5.11` may be 5.11 feet or 5 feet 11 inches.
fn feet_readings(number: f64) -> Vec<Reading> {
    let feet = number.trunc();
    let text = format!("{number}");
    let digits = text.split_once('.').map_or("0", |(_, digits)| digits);
    let inches = digits.parse::<f64>().ok().filter(|inches| *inches < 12.0);
    let decimal = Reading { text: format!("{number} ft"), value: cm(Length::inches(number * 12.0)), unit: "cm" };
    let split = inches.map(|inches| Reading {
        text: format!("{feet}'{inches}\""),
        value: cm(Length::inches(feet * 12.0 + inches)),
        unit: "cm",
    });
    [decimal].into_iter().chain(split).collect()
}

fn bare_girth(number: f64, system: Option<UnitSystem>) -> Result<Parsed<Length>, QuantityFault> {
    match system {
        Some(UnitSystem::Metric) => Ok(Parsed { quantity: Length::cm(number), unit: "cm", confidence: Confidence::Preferred }),
        Some(UnitSystem::Imperial) => {
            Ok(Parsed { quantity: Length::inches(number), unit: "in", confidence: Confidence::Preferred })
        }
        None => {
            let possible = [(Length::cm(number), "cm"), (Length::inches(number), "in")];
            let readings = possible.into_iter().filter(|(length, _)| (GIRTH_RANGE.0..=GIRTH_RANGE.1).contains(&length.as_m()));
            let readings: Vec<Reading> = readings
                .map(|(length, unit)| Reading { text: format!("{number} {unit}"), value: cm(length), unit: "cm" })
                .collect();
            Err(if readings.is_empty() {
                QuantityFault::OutOfRange("Expected 20 to 250 cm (8 to 98 in).".to_owned())
            } else {
                QuantityFault::Ambiguous(readings)
            })
        }
    }
}

fn bare_mass(number: f64, system: Option<UnitSystem>, height: Option<Length>) -> Result<Parsed<Mass>, QuantityFault> {
    let readings = [(Mass::kg(number), "kg"), (Mass::lb(number), "lb")];
    let [in_kg, in_lb] = readings;
    let preferred = system.map(|system| if system == UnitSystem::Metric { in_kg } else { in_lb });
    if let Some((quantity, unit)) = preferred {
        return Ok(Parsed { quantity, unit, confidence: Confidence::Preferred });
    }
    let plausible = |mass: Mass| {
        height.is_none_or(|height| {
            let index = mass.as_kg() / (height.as_m() * height.as_m());
            (PLAUSIBLE_BMI.0..=PLAUSIBLE_BMI.1).contains(&index)
        })
    };
    let left: Vec<(Mass, &'static str)> = readings.into_iter().filter(|(mass, _)| plausible(*mass)).collect();
    match (left.as_slice(), height) {
        ([(quantity, unit)], Some(_)) => Ok(Parsed { quantity: *quantity, unit, confidence: Confidence::Inferred }),
        ([], _) => Err(QuantityFault::Unreadable("Name the unit: kg or lb.")),
        (left, _) => Err(QuantityFault::Ambiguous(
            left.iter()
                .map(|(mass, unit)| Reading {
                    text: format!("{number} {unit}"),
                    value: super::rounded(mass.as_kg(), 3),
                    unit: "kg",
                })
                .collect(),
        )),
    }
}

fn cm(length: Length) -> f64 {
    super::rounded(length.as_cm(), 3)
}

/// Trimmed, NFKC, lower case, one kind of quote mark, a decimal comma as a point.
fn tidy(text: &str) -> Result<String, QuantityFault> {
    if text.chars().count() > MAX_CHARS {
        return Err(QuantityFault::Unreadable("Expected at most 32 characters."));
    }
    if text.chars().any(char::is_control) {
        return Err(QuantityFault::Unreadable("Expected no control characters."));
    }
    // Compatibility composition turns the double prime into two primes, which are one mark again afterwards.
    let text: String = text.trim().nfkc().collect::<String>().to_lowercase();
    let text: String = text.chars().map(|c| if matches!(c, '′' | '’' | '‘' | '`' | '´') { '\'' } else { c }).collect();
    let text: String = text.replace("''", "\"").chars().map(|c| if matches!(c, '″' | '”' | '“') { '"' } else { c }).collect();
    decimal_point(&text)
}

fn decimal_point(text: &str) -> Result<String, QuantityFault> {
    match text.split_once(',') {
        None => Ok(text.to_owned()),
        Some((head, tail)) => {
            let digits = tail.chars().take_while(char::is_ascii_digit).count();
            let one_number = head.ends_with(|c: char| c.is_ascii_digit()) && matches!(digits, 1 | 2) && !tail.contains(',');
            if one_number && !head.contains('.') {
                Ok(format!("{head}.{tail}"))
            } else {
                Err(QuantityFault::Unreadable("A comma is a decimal comma: one or two digits follow it."))
            }
        }
    }
}

enum Read<T> {
    Quantity(T, &'static str),
    Bare(f64),
}

/// Numbers and words in turn: `5 ft 11 in` is (5, "ft"), (11, "in").
struct Words(Vec<(f64, String, bool)>);

impl Words {
    /// Splits a tidy text. The flag of each part says whether its number has decimals.
    fn of(text: &str) -> Result<Self, QuantityFault> {
        const NO_NUMBER: QuantityFault =
            QuantityFault::Unreadable("Expected a number with a unit, such as 180 cm, 5'11\" or 80 kg.");
        let mut parts = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, tail) = rest.split_at_checked(end).ok_or(NO_NUMBER)?;
            let value: f64 = number.parse().ok().filter(|_| number.starts_with(|c: char| c.is_ascii_digit())).ok_or(NO_NUMBER)?;
            let tail = tail.trim_start();
            let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at_checked(end).ok_or(NO_NUMBER)?;
            parts.push((value, unit.trim().trim_end_matches('.').to_owned(), number.contains('.')));
            rest = tail;
        }
        if parts.is_empty() || parts.len() > 2 { Err(NO_NUMBER) } else { Ok(Self(parts)) }
    }

    fn length(&self) -> Result<Read<Length>, QuantityFault> {
        const FEET: [&str; 4] = ["'", "ft", "feet", "foot"];
        let quantity = |length, unit| Ok(Read::Quantity(length, unit));
        match self.0.as_slice() {
            [(number, unit, _)] => match unit.as_str() {
                "" => Ok(Read::Bare(*number)),
                "cm" | "centimetres" | "centimeters" => quantity(Length::cm(*number), "cm"),
                "m" | "metres" | "meters" | "metre" | "meter" => quantity(Length::metres(*number), "m"),
                "mm" => quantity(Length::metres(*number / 1000.0), "mm"),
                "in" | "\"" | "inch" | "inches" => quantity(Length::inches(*number), "in"),
                unit if FEET.contains(&unit) => quantity(Length::inches(*number * 12.0), "ft"),
                _ => Err(QuantityFault::Unreadable("Expected cm, m, mm, in or ft.")),
            },
            // 1m80
            [(metres, unit, false), (cm, rest, false)] if unit == "m" && (rest.is_empty() || rest == "cm") && *cm < 100.0 => {
                quantity(Length::metres(*metres + *cm / 100.0), "m")
            }
            [(feet, unit, false), (inches, rest, _)]
                if (FEET.contains(&unit.as_str()) || unit == "-")
                    && matches!(rest.as_str(), "" | "\"" | "in" | "inch" | "inches") =>
            {
                if *inches < 12.0 {
                    return quantity(Length::metres((*feet * 12.0 + *inches) * M_PER_INCH), "ft");
                }
                Err(QuantityFault::Unreadable("The part in inches must be below 12."))
            }
            _ => Err(QuantityFault::Unreadable("Expected one length, such as 180 cm or 5'11\".")),
        }
    }

    fn mass(&self) -> Result<Read<Mass>, QuantityFault> {
        const STONE: [&str; 3] = ["st", "stone", "stones"];
        const POUNDS: [&str; 5] = ["lb", "lbs", "pound", "pounds", "#"];
        let quantity = |mass, unit| Ok(Read::Quantity(mass, unit));
        match self.0.as_slice() {
            [(number, unit, _)] => match unit.as_str() {
                "" => Ok(Read::Bare(*number)),
                "kg" | "kgs" | "kilo" | "kilos" | "kilogram" | "kilograms" => quantity(Mass::kg(*number), "kg"),
                "g" | "gram" | "grams" => quantity(Mass::kg(*number / 1000.0), "g"),
                "oz" | "ounce" | "ounces" => quantity(Mass::lb(*number / 16.0), "oz"),
                unit if POUNDS.contains(&unit) => quantity(Mass::lb(*number), "lb"),
                unit if STONE.contains(&unit) => quantity(Mass::lb(*number * LB_PER_STONE), "st"),
                _ => Err(QuantityFault::Unreadable("Expected kg, g, lb, oz or st.")),
            },
            [(stones, unit, false), (pounds, rest, _)]
                if STONE.contains(&unit.as_str()) && (rest.is_empty() || POUNDS.contains(&rest.as_str())) =>
            {
                if *pounds < LB_PER_STONE {
                    return quantity(Mass::lb(*stones * LB_PER_STONE + *pounds), "st");
                }
                Err(QuantityFault::Unreadable("The part in pounds must be below 14."))
            }
            _ => Err(QuantityFault::Unreadable("Expected one mass, such as 80 kg or 12 st 8 lb.")),
        }
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
