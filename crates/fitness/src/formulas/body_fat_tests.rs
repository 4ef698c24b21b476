use super::super::assert_near;
use super::super::body_mass::bmi;
use super::*;

#[test]
fn girths_give_the_worked_values_in_both_forms() {
    let cases = [
        (Sex::Male, 180.0, 85.0, 38.0, 0.0, 16.1066, 16.1508),
        (Sex::Male, 178.0, 96.0, 40.0, 0.0, 22.9044, 23.0352),
        (Sex::Male, 175.0, 100.0, 41.0, 0.0, 25.3863, 25.5016),
        (Sex::Female, 165.0, 70.0, 33.0, 96.0, 24.8562, 25.0984),
        (Sex::Female, 168.0, 82.0, 34.0, 104.0, 33.4689, 33.7986),
    ];
    for (sex, height, waist, neck, hip, metric, imperial) in cases {
        assert_near(navy(sex, height, waist, neck, hip).unwrap(), metric);
        let inch = |cm: f64| cm / 2.54;
        assert_near(navy_inches(sex, inch(height), inch(waist), inch(neck), inch(hip)).unwrap(), imperial);
    }
    assert_near(navy_inches(Sex::Male, 70.0, 34.0, 15.0, 0.0).unwrap(), 17.5131);
    assert_near(navy_inches(Sex::Female, 65.0, 28.5, 13.0, 38.0).unwrap(), 26.5964);
    assert_eq!(navy(Sex::Male, 180.0, 38.0, 38.0, 0.0), None);
}

#[test]
fn a_centimetre_more_or_less_moves_the_result_as_the_explanation_says() {
    let at = |waist, neck| navy(Sex::Male, 180.0, waist, neck, 0.0).unwrap();
    assert_near(at(86.0, 38.0) - at(85.0, 38.0), 0.767);
    assert_near(at(85.0, 39.0) - at(85.0, 38.0), -0.781);
    assert_near(rfm(Sex::Male, 180.0, 86.0) - rfm(Sex::Male, 180.0, 85.0), 0.492);
}

#[test]
fn the_formulas_over_bmi_and_waist_give_the_worked_values() {
    let cases = [
        (Sex::Male, 80.0, 180.0, 30.0, 20.3296, 21.5978),
        (Sex::Female, 65.0, 165.0, 28.0, 29.6901, 32.1493),
        (Sex::Male, 100.0, 175.0, 55.0, 35.6337, 34.9272),
    ];
    for (sex, kg, cm, age, by_deurenberg, by_cun_bae) in cases {
        assert_near(deurenberg(sex, bmi(kg, cm), age), by_deurenberg);
        assert_near(cun_bae(sex, bmi(kg, cm), age), by_cun_bae);
    }
    assert_near(deurenberg(Sex::Male, 18.0, 12.0), 16.58);
    for (sex, height, waist, expected) in
        [(Sex::Male, 180.0, 85.0, 21.6471), (Sex::Female, 165.0, 75.0, 32.0), (Sex::Male, 175.0, 105.0, 30.6667)]
    {
        assert_near(rfm(sex, height, waist), expected);
    }
    assert_near(army(Sex::Male, 180.0 * KG_PER_LB, 34.0 * 2.54), 19.0);
    assert_near(army(Sex::Female, 140.0 * KG_PER_LB, 30.0 * 2.54), 27.0);
}

#[test]
fn folds_give_the_worked_densities() {
    let three = [
        (Sex::Male, 50.0, 30.0, 1.064_323_0, 15.0844, 15.1809),
        (Sex::Male, 30.0, 25.0, 1.079_584_0, 8.5099, 9.1112),
        (Sex::Female, 60.0, 28.0, 1.044_300_5, 24.0015, 23.4135),
    ];
    for (sex, sum, age, density, fat, other) in three {
        let found = density_3(sex, sum, age).unwrap();
        assert!((found - density).abs() < 1e-6, "{found}");
        assert_near(siri(found), fat);
        assert_near(brozek(found), other);
    }
    let seven = [
        (Sex::Male, 100.0, 30.0, 1.065_353_2, 14.6346, 14.7657),
        (Sex::Female, 130.0, 28.0, 1.041_809_9, 25.1347, 24.4597),
        (Sex::Male, 70.0, 25.0, 1.077_039_2, 9.5933, 10.1114),
    ];
    for (sex, sum, age, density, fat, other) in seven {
        let found = density_7(sex, sum, age).unwrap();
        assert!((found - density).abs() < 1e-6, "{found}");
        assert_near(siri(found), fat);
        assert_near(brozek(found), other);
    }
    assert_near(siri(1.05), 21.4286);
    assert_near(brozek(1.07), 12.9028);
    // Beyond the study the parabola turns and more fat would read as less.
    assert_eq!((density_3(Sex::Male, 119.0, 30.0), density_7(Sex::Female, 267.0, 30.0)), (None, None));
}

#[test]
fn the_median_stands_between_the_formulas() {
    let given = Given {
        sex: Sex::Male,
        age: 30.0,
        kg: 80.0,
        height: 180.0,
        bmi: bmi(80.0, 180.0),
        waist: Some(85.0),
        neck: Some(38.0),
        hip: None,
        folds_3: None,
        folds_7: None,
    };
    let (found, missing) = metrics(&given);
    let by = |id: &str| found.iter().find(|metric| metric.formula.id == id).unwrap().value;
    let four = [by("navy_men"), by("deurenberg"), by("cun_bae"), by("rfm")];
    assert_near(median(four.into_iter()).unwrap(), 20.964);
    assert_near(four[2].max(four[3]) - four[0], 5.540);
    assert!(by("ensemble_median") > by("navy_men") && by("ensemble_median") < by("rfm"));
    let ids: Vec<&str> = missing.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ["jackson_pollock_3", "jackson_pollock_7"]);
}

#[test]
fn nobody_gets_a_value_that_no_body_has() {
    let given = Given {
        sex: Sex::Male,
        age: 30.0,
        kg: 50.0,
        height: 200.0,
        bmi: bmi(50.0, 200.0),
        waist: Some(60.0),
        neck: Some(59.0),
        hip: None,
        folds_3: None,
        folds_7: None,
    };
    let (found, missing) = metrics(&given);
    assert!(found.iter().all(|metric| (2.0..=70.0).contains(&metric.value)));
    assert!(missing.iter().any(|(id, _)| *id == "navy_men"));
}

proptest::proptest! {
    #[test]
    fn a_wider_waist_is_never_less_fat(waist in 60.0_f64..150.0, height in 140.0_f64..210.0, neck in 28.0_f64..50.0) {
        for sex in [Sex::Male, Sex::Female] {
            proptest::prop_assert!(rfm(sex, height, waist + 1.0) > rfm(sex, height, waist));
            if let (Some(less), Some(more)) = (navy(sex, height, waist, neck, 100.0), navy(sex, height, waist + 1.0, neck, 100.0)) {
                proptest::prop_assert!(more > less && more.is_finite());
            }
        }
    }
}
