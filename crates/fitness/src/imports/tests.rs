use proptest::prelude::*;

use super::*;
use crate::model::SetKind;
use crate::units::UnitSystem;

const HEVY: &str = "title,start_time,end_time,description,exercise_title,superset_id,exercise_notes,set_index,set_type,weight_kg,reps,distance_km,duration_seconds,rpe
\"Push\",\"28 Mar 2025, 17:29\",\"28 Mar 2025, 18:35\",\"\",\"Bench Press (Barbell)\",,\"\",0,\"warmup\",40,10,,,
\"Push\",\"28 Mar 2025, 17:29\",\"28 Mar 2025, 18:35\",\"\",\"Bench Press (Barbell)\",0,\"\",1,\"normal\",80,8,,,8.5
\"Push\",\"28 Mar 2025, 17:29\",\"28 Mar 2025, 18:35\",\"\",\"Plank\",,\"\",0,\"normal\",,,,60,
\"Legs\",\"30 Mar 2025, 09:00\",\"\",\"\",\"Squat (Barbell)\",,\"\",0,\"mystery\",100,5,,,
\"Bad\",\"yesterday\",\"\",\"\",\"Squat (Barbell)\",,\"\",0,\"normal\",100,5,,,
";

#[test]
fn a_hevy_table_becomes_workouts_and_its_oddities_are_told() {
    let found = tables::hevy(HEVY.as_bytes()).unwrap();
    assert_eq!(found.workouts.len(), 2);
    let push = &found.workouts[0];
    assert_eq!((push.draft.title.as_str(), push.sets.len()), ("Push", 3));
    assert_eq!(push.draft.started_at.unwrap().to_string(), "2025-03-28T17:29:00Z");
    assert_eq!((push.sets[0].kind, push.sets[1].reps, push.sets[1].rir), (SetKind::WarmUp, Some(8), Some(1.5)));
    assert_eq!(push.sets[1].load.unwrap().grams(), 80_000);
    assert_eq!((push.sets[0].superset, push.sets[1].superset), (None, Some(1)));
    assert_eq!((push.sets[2].seconds, push.sets[2].load), (Some(60), None));
    assert_eq!(found.unknown, [("set_type", "mystery".to_owned())]);
    assert_eq!(found.rejected.len(), 1);
    assert!(tables::hevy(b"a,b\n1,2\n").is_err());
}

const STRONG: &str = "Date;Workout Name;Duration;Exercise Name;Set Order;Weight;Reps;Distance;Seconds;Notes;Workout Notes;RPE
2023-01-16 18:02:10;\"Evening\";1h 5m;\"Bench Press (Barbell)\";W;45;10;0;0;;;
2023-01-16 18:02:10;\"Evening\";1h 5m;\"Bench Press (Barbell)\";1;185;5;0;0;;;9
2023-01-16 18:02:10;\"Evening\";1h 5m;\"Bench Press (Barbell)\";Rest Timer;0;0;0;120;;;
";

#[test]
fn a_strong_table_needs_its_unit() {
    let reason = tables::strong(STRONG.as_bytes(), None).unwrap_err();
    assert!(reason.contains("unit=kg"), "{reason}");
    let found = tables::strong(STRONG.as_bytes(), Some(UnitSystem::Imperial)).unwrap();
    let workout = &found.workouts[0];
    assert_eq!((found.workouts.len(), workout.sets.len(), workout.sets[0].kind), (1, 2, SetKind::WarmUp));
    assert!((workout.sets[1].load.unwrap().as_lb() - 185.0).abs() < 1e-9);
    let length = workout.draft.ended_at.unwrap().since(workout.draft.started_at.unwrap());
    assert_eq!(length.as_secs(), 65 * 60);
}

#[test]
fn a_free_exercise_keeps_its_licence_and_unknown_words_are_told() {
    let file = r#"[{"id":"Alternate_Hammer","name":"Alternate Hammer","force":"pull","level":"beginner","mechanic":"isolation",
        "equipment":"dumbbell","primaryMuscles":["biceps"],"secondaryMuscles":["forearms","wings"],"instructions":["Stand up."],
        "category":"strength","images":["a.jpg"]}]"#;
    let found = exercises::free_exercise_db(file.as_bytes()).unwrap();
    let exercise = &found.exercises[0];
    assert_eq!(
        (exercise.id.as_str(), exercise.licence.as_str(), exercise.media.len()),
        ("fedb-alternate-hammer", "Unlicense", 0)
    );
    assert_eq!(found.unknown, [("muscle", "wings".to_owned())]);
}

#[test]
fn an_exercise_of_wger_keeps_author_and_licence_or_is_left_out() {
    let file = r#"{"count":2,"results":[
        {"uuid":"0190b7a2-0000-7000-8000-000000000001","muscles":[{"name":"Pectoralis major","name_en":"Chest"}],
         "muscles_secondary":[{"name":"Triceps brachii","name_en":""}],"equipment":[{"name":"none (bodyweight exercise)"},{"name":"Hoverboard"}],
         "license":{"short_name":"CC-BY-SA 4"},"license_author":"somebody",
         "translations":[{"name":"Push-ups | wide","language":2,"aliases":[{"alias":"wide ones"}]},{"name":"Breite Liegestütze","language":1}]},
        {"muscles":[],"translations":[{"name":"Nameless","language":2}]}]}"#;
    let found = exercises::wger(file.as_bytes()).unwrap();
    assert_eq!((found.exercises.len(), found.rejected.len()), (1, 1));
    let exercise = &found.exercises[0];
    assert_eq!((exercise.licence.as_str(), exercise.author.as_deref()), ("CC-BY-SA 4", Some("somebody")));
    assert_eq!(exercise.names["de"], "Breite Liegestütze");
    assert_eq!(found.unknown, [("equipment", "Hoverboard".to_owned())]);
}

#[test]
fn a_row_that_can_not_be_read_is_a_fault_of_that_row_alone() {
    let file = r#"{"measurements":[{"id":"a","kind":"steps","value":100,"measured_at":"2026-01-16T15:40:00Z"},
        {"id":"b","kind":"steps","value":-1,"measured_at":"2026-01-16T15:40:00Z"},{"id":"c","kind":"mass","value":65000000,
        "measured_at":"2026-01-16T15:40:00Z"},{"id":7}],"more":[[]],"workouts":[{}],"format":"brickwork-fitness"}"#;
    let found = own::read(file.as_bytes()).unwrap();
    assert_eq!((found.measurements.len(), found.workouts.len()), (1, 0));
    let lines: Vec<u64> = found.rejected.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 1], "{:?}", found.rejected);
    let found = exercises::wger(br#"[{"muscles":"all"},5]"#).unwrap();
    assert_eq!(found.rejected.len(), 2);
}

#[test]
fn files_of_too_many_rows_are_refused_before_they_fill_the_memory() {
    let rows = |row: &str| row.repeat(MOST_ROWS + 1);
    let list = format!("[{}0]", rows("0,"));
    for refused in [exercises::free_exercise_db(list.as_bytes()), exercises::wger(list.as_bytes())] {
        assert!(refused.unwrap_err().contains("more than 200000 rows"));
    }
    let own = format!(r#"{{"format":"brickwork-fitness","measurements":[{}0],"workouts":[0]}}"#, "0,".repeat(MOST_ROWS - 1));
    assert!(own::read(own.as_bytes()).unwrap_err().contains("rows"), "all lists count together");
    let table = format!("exercise_title,start_time,set_type\n{}", rows("x\n"));
    assert!(tables::hevy(table.as_bytes()).unwrap_err().contains("more than 200000 rows"));
    let endless = format!("exercise_title,start_time,set_type\n\"{}", "x\n".repeat(40_000));
    assert!(tables::hevy(endless.as_bytes()).unwrap_err().contains("65536 bytes"));
    let wide = format!("exercise_title,start_time,set_type\n{}\n", ",".repeat(200));
    assert!(tables::hevy(wide.as_bytes()).unwrap_err().contains("200 cells"));
}

/// A set as both programs can write it: exercise, kilograms, repetitions.
type Lift = (String, u32, u32);

fn lifts() -> impl Strategy<Value = Vec<Vec<Lift>>> {
    let name = "[A-Za-z][\\PC,;\"\n]{0,30}[a-z]".prop_filter("shown as it is", |name| clean(name, 120) == *name);
    let lift = (name, 1_u32..=1000, 1_u32..=1000);
    proptest::collection::vec(proptest::collection::vec(lift, 1..5), 1..6)
}

fn written(delimiter: u8, header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(header).unwrap();
    rows.for_each(|row| writer.write_record(&row).unwrap());
    writer.into_inner().unwrap()
}

/// What was found is what was written: in number, in order, and set for set.
fn same(found: &Found, workouts: &[Vec<Lift>]) -> Result<(), TestCaseError> {
    prop_assert_eq!((found.rejected.len(), found.workouts.len()), (0, workouts.len()));
    for (workout, lifts) in found.workouts.iter().zip(workouts) {
        let back: Vec<Lift> = workout
            .sets
            .iter()
            .map(|set| (set.exercise.clone(), u32::try_from(set.load.unwrap().grams() / 1000).unwrap(), set.reps.unwrap()))
            .collect();
        prop_assert_eq!(&back, lifts);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_hevy_writes_is_read_back_set_for_set(workouts in lifts()) {
        let header = ["title", "start_time", "exercise_title", "set_type", "weight_kg", "reps"];
        let rows = workouts.iter().enumerate().flat_map(|(index, lifts)| lifts.iter().map(move |(name, load, reps)| {
            let start = format!("{} Mar 2025, 17:29", index + 1);
            vec!["A, \"B\"".into(), start, name.clone(), "normal".into(), load.to_string(), reps.to_string()]
        }));
        same(&tables::hevy(&written(b',', &header, rows)).unwrap(), &workouts)?;
    }

    #[test]
    fn what_strong_writes_is_read_back_set_for_set(workouts in lifts()) {
        let header = ["Date", "Workout Name", "Exercise Name", "Set Order", "Weight (kg)", "Reps"];
        let rows = workouts.iter().enumerate().flat_map(|(index, lifts)| lifts.iter().map(move |(name, load, reps)| {
            let start = format!("2025-03-{:02} 17:29:10", index + 1);
            vec![start, "A; \"B\"".into(), name.clone(), "1".into(), load.to_string(), reps.to_string()]
        }));
        same(&tables::strong(&written(b';', &header, rows), None).unwrap(), &workouts)?;
    }

    #[test]
    fn every_row_becomes_a_set_within_its_limits_or_is_told(rows in proptest::collection::vec(proptest::collection::vec(
        "[0-9.,eE+-]{0,12}|[\\PC\n]{0,12}|[0-9]{1,2} Mar 20[0-9]{2}, [0-9]{2}:[0-9]{2}|20[0-9]{2}-0[1-9]-[0-9]{2} [0-9:]{0,8}|warmup|inf|nan", 8), 0..15)) {
        let header = ["start_time", "exercise_title", "set_type", "weight_lbs", "reps", "duration_seconds", "distance_km", "rpe"];
        let found = tables::hevy(&written(b',', &header, rows.iter().cloned())).unwrap();
        let sets: Vec<&SetDraft> = found.workouts.iter().flat_map(|workout| &workout.sets).collect();
        prop_assert_eq!(sets.len() + found.rejected.len(), rows.len());
        for set in sets {
            prop_assert!(set.reps.or(set.seconds).or(set.metres).is_some() && !set.exercise.is_empty());
            prop_assert!(set.reps.is_none_or(|reps| (1..=1000).contains(&reps)) && set.exercise.chars().count() <= 120);
            prop_assert!(set.load.is_none_or(|load| load.as_kg() > 0.0 && load.as_kg() <= crate::units::LOADS.1));
            prop_assert!(set.rir.is_none_or(|rir| (0.0..=5.0).contains(&rir)));
        }
    }

    #[test]
    fn no_file_makes_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "[\\PC\n,;\"]{0,300}") {
        for file in [&bytes[..], text.as_bytes(), format!("{HEVY}{text}").as_bytes(), format!("{STRONG}{text}").as_bytes()] {
            let _ = tables::hevy(file);
            let _ = tables::strong(file, Some(UnitSystem::Metric));
            let _ = own::read(file);
            let _ = exercises::free_exercise_db(file);
            let _ = exercises::wger(file);
        }
    }
}
