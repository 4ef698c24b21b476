use proptest::prelude::*;

use super::*;

fn height(text: &str) -> Result<(f64, Confidence), QuantityFault> {
    parse_length(text, LengthUse::Height, None).map(|parsed| (parsed.quantity.as_cm(), parsed.confidence))
}

fn mass(text: &str, at: Option<f64>) -> Result<(f64, Confidence), QuantityFault> {
    parse_mass(text, None, at.map(Length::cm), BODY_MASS).map(|parsed| (parsed.quantity.as_kg(), parsed.confidence))
}

fn readings(fault: QuantityFault) -> Vec<(String, f64)> {
    match fault {
        QuantityFault::Ambiguous(readings) => readings.into_iter().map(|reading| (reading.text, reading.value)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn lengths_with_a_unit_are_explicit() {
    let cases = [
        ("5'11\"", 180.34),
        ("5’11”", 180.34),
        ("5′11″", 180.34),
        ("5ft 11in", 180.34),
        ("5 ft 11", 180.34),
        ("5-11", 180.34),
        ("6'0\"", 182.88),
        ("6ft", 182.88),
        ("5'7.5\"", 171.45),
        ("4'11''", 149.86),
        ("6'2", 187.96),
        ("71\"", 180.34),
        ("71 inches", 180.34),
        ("70 in", 177.8),
        ("1,80 m", 180.0),
        ("1.80m", 180.0),
        ("1m80", 180.0),
        ("180cm", 180.0),
        ("180\u{a0}CM", 180.0),
        ("1800 mm", 180.0),
    ];
    for (text, cm) in cases {
        let (found, confidence) = height(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        assert!((found - cm).abs() < 1e-6 && confidence == Confidence::Explicit, "{text}: {found}");
    }
}

#[test]
fn a_bare_height_with_one_plausible_reading_is_inferred() {
    for text in ["180", "1.8", "1,80"] {
        assert_eq!(height(text).map(|(cm, confidence)| (cm.round(), confidence)), Ok((180.0, Confidence::Inferred)));
    }
    let preferred = parse_length("180", LengthUse::Height, Some(UnitSystem::Metric)).unwrap();
    assert_eq!(preferred.confidence, Confidence::Preferred);
}

#[test]
fn five_point_eleven_offers_both_readings() {
    assert_eq!(readings(height("5.11").unwrap_err()), [("5.11 ft".to_owned(), 155.753), ("5'11\"".to_owned(), 180.34)]);
    assert_eq!(readings(height("5.9").unwrap_err()), [("5.9 ft".to_owned(), 179.832), ("5'9\"".to_owned(), 175.26)]);
    // The same holds for somebody who reads feet: the point is what is not clear.
    assert!(matches!(
        parse_length("5.11", LengthUse::Height, Some(UnitSystem::Imperial)),
        Err(QuantityFault::Ambiguous(readings)) if readings.len() == 2
    ));
}

#[test]
fn what_is_no_length_is_refused() {
    for text in ["98", "0", "-5", "nan", "5'13\"", "1e309", "", "cm", "1,234", "1,80,5 m", "180 kg", "5 ft 11 in 3", "\u{7}180cm"]
    {
        assert!(height(text).is_err(), "{text}");
    }
    assert!(height(&"1".repeat(33)).is_err());
    let QuantityFault::OutOfRange(range) = height("300 cm").unwrap_err() else { panic!() };
    assert!(range.contains("100 to 272 cm"), "{range}");
}

#[test]
fn masses_with_a_unit_are_explicit() {
    let cases = [
        ("11 st 7 lb", 73.028_371_57),
        ("12 st 3 lb", 77.564_295_27),
        ("12.5 st", 79.378_664_75),
        ("12st 8lb", 79.832_257),
        ("12 st 8", 79.832_257),
        ("80,5 kg", 80.5),
        ("176#", 79.832_257_12),
        ("150 lbs", 68.038_855_5),
        ("80000 g", 80.0),
    ];
    for (text, kg) in cases {
        let (found, confidence) = mass(text, None).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        assert!((found - kg).abs() < 1e-6 && confidence == Confidence::Explicit, "{text}: {found}");
    }
    assert!(mass("12 st 15 lb", None).is_err());
}

#[test]
fn a_bare_mass_is_ambiguous_unless_the_height_leaves_one_reading() {
    let both = [("180 kg".to_owned(), 180.0), ("180 lb".to_owned(), 81.647)];
    assert_eq!(readings(mass("180", None).unwrap_err()), both);
    assert_eq!(readings(mass("180", Some(180.0)).unwrap_err()), both);
    assert_eq!(mass("60", Some(180.0)), Ok((60.0, Confidence::Inferred)));
    let (heavy, confidence) = mass("250", Some(170.0)).unwrap();
    assert!((heavy - 113.398_092_5).abs() < 1e-6 && confidence == Confidence::Inferred);
    let preferred = parse_mass("180", Some(UnitSystem::Imperial), None, BODY_MASS).unwrap();
    assert_eq!((preferred.unit, preferred.confidence), ("lb", Confidence::Preferred));
}

#[test]
fn a_bare_girth_asks_for_its_unit() {
    let fault = parse_length("34", LengthUse::Girth, None).unwrap_err();
    assert_eq!(readings(fault), [("34 cm".to_owned(), 34.0), ("34 in".to_owned(), 86.36)]);
    assert_eq!(parse_length("34 in", LengthUse::Girth, None).unwrap().unit, "in");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        let _ = height(&text);
        let _ = mass(&text, Some(180.0));
        let _ = parse_length(&text, LengthUse::Girth, None);
    }

    #[test]
    fn what_is_read_is_finite_and_within_the_range(text in "[0-9]{1,4}[.,]?[0-9]{0,3} ?(cm|m|in|ft|'|\"|kg|lb|st|)") {
        if let Ok((cm, _)) = height(&text) {
            prop_assert!((100.0..=272.1).contains(&cm));
        }
        if let Ok((kg, _)) = mass(&text, None) {
            prop_assert!((20.0..=400.0).contains(&kg));
        }
    }

    #[test]
    fn a_reading_that_is_sent_back_is_explicit(number in 30_u32..400) {
        if let Err(QuantityFault::Ambiguous(readings)) = mass(&number.to_string(), None) {
            for reading in readings {
                if let Ok((kg, confidence)) = mass(&reading.text, None) {
                    prop_assert!((kg - reading.value).abs() < 1e-3 && confidence == Confidence::Explicit);
                }
            }
        }
    }
}
