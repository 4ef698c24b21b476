use core_http::{Caller, Json, Operation, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::units::{BODY_MASS, Confidence, LengthUse, Reading, UnitSystem, parse_length, parse_mass};
use crate::{FitnessError, codes, permissions};

/// What kind of quantity a text is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum QuantityKind {
    /// A body mass.
    Mass,
    /// A height.
    Length,
}

/// A text to be read as a quantity.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ParseQuantity {
    #[schema(example = "5'11\"")]
    text: String,
    quantity: QuantityKind,
    /// The caller's units, which decide about a number without one.
    system: Option<UnitSystem>,
    /// The person's height, with its unit: it decides which mass is plausible.
    #[schema(example = "180 cm")]
    height: Option<String>,
}

/// A text as it was read.
#[derive(Serialize, ToSchema)]
struct ParsedQuantity {
    /// In kilograms or centimetres.
    value: f64,
    /// `kg` or `cm`.
    unit: &'static str,
    /// The unit that was read.
    read_as: &'static str,
    /// `inferred` must be confirmed by sending the reading's text back; nothing stores it unasked.
    confidence: Confidence,
    /// Every way to read it, of which there is one.
    readings: Vec<Reading>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/units/parse", handle)
        .id("parse_quantity")
        .summary("Read a mass or a height as people write it")
        .describe(
            "What can be read in more than one way (`5.11`, a bare `180` as a mass) is 422 with every reading in `readings`.",
        )
        .requires(&permissions::READ)
        .body::<ParseQuantity>()
        .answers::<ParsedQuantity>(200, "The quantity")
        .problems(&[&codes::INVALID, &codes::AMBIGUOUS_QUANTITY])
}

async fn handle(caller: Caller, Json(body): Json<ParseQuantity>) -> Result<Json<ParsedQuantity>, Problem> {
    caller.require(&permissions::READ).map_err(FitnessError::from)?;
    Ok(Json(read(&body)?))
}

fn read(body: &ParseQuantity) -> Result<ParsedQuantity, FitnessError> {
    let height = body.height.as_deref().map(|text| parse_length(text, LengthUse::Height, body.system)).transpose();
    let height = height.map_err(|fault| FitnessError::quantity("/height", fault))?;
    let at = |fault| FitnessError::quantity("/text", fault);
    let (value, unit, read_as, confidence) = match body.quantity {
        QuantityKind::Mass => {
            let read = parse_mass(&body.text, body.system, height.map(|height| height.quantity), BODY_MASS).map_err(at)?;
            (read.quantity.as_kg(), "kg", read.unit, read.confidence)
        }
        QuantityKind::Length => {
            let read = parse_length(&body.text, LengthUse::Height, body.system).map_err(at)?;
            (read.quantity.as_cm(), "cm", read.unit, read.confidence)
        }
    };
    let value = crate::units::rounded(value, 6);
    let bare = body.text.trim();
    let text = if confidence == Confidence::Explicit { bare.to_owned() } else { format!("{bare} {read_as}") };
    Ok(ParsedQuantity { value, unit, read_as, confidence, readings: vec![Reading { text, value, unit }] })
}
