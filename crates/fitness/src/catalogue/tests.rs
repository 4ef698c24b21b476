use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[test]
fn the_file_is_read_whole_and_every_exercise_keeps_the_rules() {
    let all = own().all();
    assert!(all.len() >= 160, "{}", all.len());
    for exercise in all {
        assert_eq!(faults(exercise), [], "{}", exercise.id);
        assert_eq!((exercise.licence.as_str(), exercise.source.as_str()), ("CC0-1.0", "brickwork"), "{}", exercise.id);
        assert!(exercise.uuid.as_deref().is_some_and(|id| id.len() == 36), "{}", exercise.id);
        assert!(exercise.names.contains_key("en") && exercise.names.contains_key("de"), "{}", exercise.id);
        assert!(exercise.primary().next().is_some() || exercise.pattern == Pattern::Mobility, "{}", exercise.id);
        let lines = |texts: &BTreeMap<String, Vec<String>>| texts.get("en").map_or(0, Vec::len);
        assert!(
            lines(&exercise.instructions) >= 3 && lines(&exercise.cues) >= 2 && lines(&exercise.mistakes) >= 1,
            "{}",
            exercise.id
        );
    }
}

/// Duplicates and filler are what people complain of in other catalogues.
#[test]
fn no_two_exercises_say_the_same() {
    let all = own().all();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for exercise in all {
        for (kind, texts) in [("cues", &exercise.cues), ("instructions", &exercise.instructions)] {
            let text = format!("{kind}: {:?}", texts.get("en"));
            assert_eq!(seen.insert(text, &exercise.id), None, "{} repeats the {kind} of another", exercise.id);
        }
    }
    // Neighbours may share a pattern and the same muscles, but then something that is seen differs: equipment, level, sides or load.
    let mut shapes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for exercise in all {
        let shape = format!(
            "{:?} {:?} {:?} {:?} {} {}",
            exercise.pattern,
            exercise.muscles,
            exercise.equipment_all,
            exercise.equipment_any,
            exercise.level,
            exercise.unilateral
        );
        shapes.entry(shape).or_default().push(&exercise.id);
    }
    let alike: Vec<&Vec<&str>> = shapes.values().filter(|ids| ids.len() > 1).collect();
    assert!(alike.len() <= 4, "{alike:?}");
}

#[test]
fn every_word_of_the_vocabularies_is_reached() {
    let all = own().all();
    for muscle in Muscle::ALL {
        assert!(all.iter().any(|exercise| exercise.share(*muscle) >= 1.0), "{muscle:?}");
    }
    for piece in Equipment::ALL {
        assert!(all.iter().any(|exercise| exercise.uses(*piece)), "{piece:?}");
    }
    for pattern in Pattern::ALL {
        assert!(all.iter().any(|exercise| exercise.pattern == *pattern), "{pattern:?}");
    }
}

#[test]
fn the_main_patterns_can_be_trained_with_any_kind_of_equipment() {
    let kinds: [(&str, &[Equipment]); 5] = [
        ("nothing", &[]),
        ("bands", &[Equipment::Bands]),
        ("dumbbells", &[Equipment::Dumbbell, Equipment::Bench, Equipment::Box]),
        (
            "barbell",
            &[Equipment::Barbell, Equipment::Bench, Equipment::Rack, Equipment::Plate, Equipment::Box, Equipment::Landmine],
        ),
        ("machines", &[Equipment::Machine, Equipment::Cable, Equipment::Bench]),
    ];
    for (kind, have) in kinds {
        for pattern in
            [Pattern::Squat, Pattern::Hinge, Pattern::Lunge, Pattern::PushH, Pattern::PushV, Pattern::PullH, Pattern::PullV]
        {
            let search = Search { pattern: Some(pattern), equipment: Some(have.to_vec()), ..Search::default() };
            let found = own().search(&search).len();
            assert!(found >= 3, "{pattern:?} with {kind}: {found}");
        }
    }
}

#[test]
fn easier_and_harder_ones_exist_and_never_go_in_a_circle() {
    let index = own();
    let mut harder: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for exercise in index.all() {
        for other in exercise.progressions.iter().chain(&exercise.regressions) {
            assert!(index.by_slug(other).is_some(), "{} names {other}", exercise.id);
        }
        harder.entry(&exercise.id).or_default().extend(exercise.progressions.iter().map(String::as_str));
        for easier in &exercise.regressions {
            harder.entry(easier).or_default().insert(&exercise.id);
        }
    }
    fn visit<'g>(
        at: &'g str,
        graph: &BTreeMap<&'g str, BTreeSet<&'g str>>,
        path: &mut Vec<&'g str>,
        done: &mut BTreeSet<&'g str>,
    ) {
        assert!(!path.contains(&at), "{path:?} {at}");
        if done.contains(at) {
            return;
        }
        path.push(at);
        for next in graph.get(at).into_iter().flatten() {
            visit(next, graph, path, done);
        }
        path.pop();
        done.insert(at);
    }
    let mut done = BTreeSet::new();
    for at in harder.keys() {
        visit(at, &harder, &mut Vec::new(), &mut done);
    }
}

#[test]
fn names_aliases_and_mistyped_names_find_the_exercise() {
    let index = own();
    for name in ["push-up", "pushup", "Press Up", "PUSH UP", "Liegestütz", "liegestutz"] {
        assert_eq!(index.resolve(name).map(|exercise| exercise.id.as_str()), Some("push-up"), "{name}");
    }
    assert_eq!(index.resolve("no such thing"), None);
    let first = |query: &str| {
        let found = index.search(&Search { query: Some(query.to_owned()), ..Search::default() });
        found.first().map(|(exercise, _)| exercise.id.clone())
    };
    assert_eq!(first("pushup").as_deref(), Some("push-up"));
    assert_eq!(first("bulgarian splt squat").as_deref(), Some("bulgarian-split-squat"));
    assert_eq!(first("kreuzheben").as_deref(), Some("barbell-deadlift"));
    assert_eq!(first("zzzz qqqq"), None);
    assert_eq!(first("\u{0}\u{1F4A9}'--"), None);
}

#[test]
fn names_belong_to_one_exercise() {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for exercise in own().all() {
        let names = exercise.aliases.iter().chain(exercise.names.values()).map(|name| fold(name));
        for name in names.chain([fold(&exercise.id)]).collect::<BTreeSet<_>>() {
            assert_eq!(owners.insert(name.clone(), &exercise.id), None, "{name} names two");
        }
    }
}

#[test]
fn a_substitute_works_the_same_muscle_with_what_is_at_hand() {
    let index = own();
    let bench = index.by_slug("barbell-bench-press").unwrap();
    let have = [Equipment::Dumbbell, Equipment::Bench];
    let found = index.substitutes(bench, |other| other.fits(&have));
    assert_eq!(found[0].id, "dumbbell-bench-press");
    assert!(found.iter().all(|other| other.share(Muscle::Chest) >= 1.0 || other.share(Muscle::Triceps) > 0.0));
}

#[test]
fn the_catalogue_is_valid_by_its_schema() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../data/exercises.schema.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(include_str!("../../data/exercises.json")).unwrap();
    let item = &schema["$defs"]["exercise"];
    let properties = item["properties"].as_object().unwrap();
    let required: Vec<&str> = item["required"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    for exercise in file["exercises"].as_array().unwrap() {
        let members = exercise.as_object().unwrap();
        assert!(members.keys().all(|name| properties.contains_key(name)), "{members:?}");
        assert!(required.iter().all(|name| members.contains_key(*name)), "{}", exercise["id"]);
    }
    let words = |path: &str| -> Vec<&str> {
        schema["$defs"][path]["enum"].as_array().unwrap().iter().filter_map(|word| word.as_str()).collect()
    };
    assert_eq!(words("muscle"), Muscle::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
    assert_eq!(words("equipment"), Equipment::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
    assert_eq!(words("pattern"), Pattern::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
    assert_eq!(words("area"), Area::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
}
