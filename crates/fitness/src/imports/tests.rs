use super::*;
use crate::model::SetKind;
use crate::units::UnitSystem;

const HEVY: &str = "title,start_time,end_time,description,exercise_title,superset_id,exercise_notes,set_index,set_type,weight_kg,reps,distance_km,duration_seconds,rpe
\"Push\",\"28 Mar 2025, 17:29\",\"28 Mar 2025, 18:35\",\"\",\"Bench Press (Barbell)\",,\"\",0,\"warmup\",40,10,,,
\"Push\",\"28 Mar 2025, 17:29\",\"28 Mar 2025, 18:35\",\"\",\"Bench Press (Barbell)\",,\"\",1,\"normal\",80,8,,,8.5
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

proptest::proptest! {
    #[test]
    fn no_file_makes_a_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400), text in "[\\PC\\n,;\"]{0,300}") {
        for file in [&bytes[..], text.as_bytes(), format!("{HEVY}{text}").as_bytes(), format!("{STRONG}{text}").as_bytes()] {
            let _ = tables::hevy(file);
            let _ = tables::strong(file, Some(UnitSystem::Metric));
            let _ = own::read(file);
            let _ = exercises::free_exercise_db(file);
            let _ = exercises::wger(file);
        }
    }
}
