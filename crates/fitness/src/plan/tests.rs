use std::collections::BTreeSet;
use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::catalogue::{Mechanic, Muscle, Pattern};
use crate::library::Library;

fn wishes() -> impl Strategy<Value = Wishes> {
    let body = (0..6_usize, 0..3_usize, 3_u8..=14, any::<u64>());
    let place = (
        proptest::sample::subsequence(Equipment::ALL.to_vec(), 0..=12),
        proptest::sample::subsequence(Area::ALL.to_vec(), 0..=2),
    );
    (body, place, 20_u16..=120, 1_u8..=16, 0.0_f64..1.0).prop_map(
        |((goal, experience, cycle_days, seed), (equipment, injuries), minutes, weeks, share)| {
            let most = f64::from(cycle_days.min(7) - 1);
            let days = u8::try_from(crate::units::whole(1.0 + share * (most - 1.0))).unwrap();
            Wishes {
                goal: Goal::ALL[goal],
                experience: Experience::ALL[experience],
                days,
                cycle_days,
                minutes,
                equipment,
                injuries,
                weeks,
                seed,
            }
        },
    )
}

fn check(plan: &Plan, library: &Library) -> Result<(), TestCaseError> {
    let wishes = &plan.wishes;
    prop_assert_eq!(plan.days.len(), usize::from(wishes.days));
    let offsets: BTreeSet<u8> = plan.days.iter().map(|day| day.offset).collect();
    prop_assert!(offsets.len() == plan.days.len() && offsets.iter().all(|offset| *offset < wishes.cycle_days));
    prop_assert!(usize::from(wishes.cycle_days) > offsets.len(), "a day of rest");
    let mut volume = Volume::new();
    for day in &plan.days {
        prop_assert!(day.minutes <= f64::from(wishes.minutes) * 1.05, "{} minutes", day.minutes);
        let slugs: BTreeSet<&str> = day.items.iter().map(|item| item.exercise.as_str()).collect();
        prop_assert_eq!(slugs.len(), day.items.len(), "twice in a session");
        let mut direct = Volume::new();
        for item in &day.items {
            let exercise = library.resolve(&item.exercise).unwrap();
            prop_assert!(exercise.fits(&wishes.equipment) && exercise.safe_with(&wishes.injuries));
            prop_assert!(exercise.level <= wishes.experience.top_level());
            prop_assert!(item.sets >= 1 && item.low <= item.high);
            prop_assert!(item.rules.iter().all(|id| rule(id).is_some()));
            volume::add(&mut volume, exercise, f64::from(item.sets));
            volume::add(&mut direct, exercise, f64::from(item.sets));
        }
        for muscle in MAJOR {
            prop_assert!(direct.get(&muscle).copied().unwrap_or(0.0) <= 8.0 + 1e-9, "{:?} in a session", muscle);
        }
    }
    let (low, high) = band(wishes.experience, wishes.cycle_days);
    for muscle in MAJOR {
        let sets = volume.get(&muscle).copied().unwrap_or(0.0);
        prop_assert!(sets <= high + 1e-6, "{muscle:?} has {sets} of {high}");
        let listed = plan.shortfalls.iter().any(|short| short.muscle == muscle);
        prop_assert_eq!(sets < low - 1e-6, listed, "{:?} has {} of {}", muscle, sets, low);
    }
    prop_assert!(plan.decisions.iter().all(|decision| rule(&decision.rule).is_some()));
    let direct: Vec<Volume> = plan.days.iter().map(|day| direct_sets(day, library)).collect();
    for (one, other) in volume::consecutive(&plan.days) {
        for (muscle, sets) in &direct[one] {
            let next = direct[other].get(muscle).copied().unwrap_or(0.0);
            prop_assert!(sets.min(next) <= 4.0 + 1e-9, "{:?}: {} and {} on two days in a row", muscle, sets, next);
        }
    }
    let isolated = |item: &Item| library.resolve(&item.exercise).unwrap().mechanic == Mechanic::Isolation;
    for day in &plan.days {
        let trunk = |item: &Item| library.resolve(&item.exercise).unwrap().pattern.as_str();
        let order: Vec<bool> =
            day.items.iter().filter(|item| !trunk(item).starts_with("core") && trunk(item) != "carry").map(isolated).collect();
        prop_assert!(order.is_sorted(), "compound first: {:?}", day.items);
    }
    Ok(())
}

/// Sets of a day for the major muscles that its exercises work directly.
fn direct_sets(day: &PlanDay, library: &Library) -> Volume {
    let mut direct = Volume::new();
    for item in &day.items {
        let exercise = library.resolve(&item.exercise).unwrap();
        for muscle in exercise.primary().filter(|muscle| MAJOR.contains(muscle)) {
            *direct.entry(muscle).or_default() += f64::from(item.sets);
        }
    }
    direct
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_plan_of_two_thousand_profiles_meets_its_constraints(wishes in wishes()) {
        let library = Library::ours();
        if let Ok(plan) = build(&wishes, &library) {
            check(&plan, &library)?;
            // Unoptimised, building takes long; a quarter is built twice.
            if wishes.seed % 4 == 0 {
                prop_assert_eq!(build(&wishes, &library).ok(), Some(plan), "the same wishes give the same plan");
            }
        } else {
            prop_assert!(!wishes.injuries.is_empty());
        }
    }
}

fn plain(days: u8, experience: Experience, equipment: &[Equipment]) -> Wishes {
    Wishes {
        goal: Goal::Hypertrophy,
        experience,
        days,
        cycle_days: 7,
        minutes: 75,
        equipment: equipment.to_vec(),
        injuries: Vec::new(),
        weeks: 8,
        seed: 0,
    }
}

const GYM: [Equipment; 10] = [
    Equipment::Barbell,
    Equipment::Rack,
    Equipment::Bench,
    Equipment::Dumbbell,
    Equipment::Cable,
    Equipment::Machine,
    Equipment::PullUpBar,
    Equipment::DipBars,
    Equipment::Box,
    Equipment::EzBar,
];

#[test]
fn the_same_wishes_give_the_same_plan_and_another_seed_another() {
    let library = Library::ours();
    let plan = |seed| build(&Wishes { seed, ..plain(4, Experience::Intermediate, &GYM) }, &library).unwrap();
    assert_eq!(plan(7), plan(7));
    assert!((1..20).any(|seed| plan(seed).days != plan(0).days));
}

#[test]
fn a_week_in_a_gym_covers_every_movement_and_leaves_little_short() {
    let library = Library::ours();
    for (days, experience) in [(3, Experience::Beginner), (4, Experience::Intermediate), (6, Experience::Intermediate)] {
        let plan = build(&plain(days, experience, &GYM), &library).unwrap();
        let patterns: BTreeSet<Pattern> = plan
            .days
            .iter()
            .flat_map(|day| &day.items)
            .filter_map(|item| library.resolve(&item.exercise))
            .map(|exercise| exercise.pattern)
            .collect();
        for pattern in [Pattern::Squat, Pattern::Hinge, Pattern::PushH, Pattern::PushV, Pattern::PullH, Pattern::PullV] {
            assert!(patterns.contains(&pattern), "{days} days: {pattern:?}");
        }
        assert!(plan.shortfalls.len() <= 2, "{days} days: {:?}", plan.shortfalls);
    }
}

#[test]
fn with_nothing_at_hand_there_is_a_plan_of_bodyweight_alone() {
    let library = Library::ours();
    let plan = build(&plain(3, Experience::Beginner, &[]), &library).unwrap();
    let slugs: Vec<&str> = plan.days.iter().flat_map(|day| &day.items).map(|item| item.exercise.as_str()).collect();
    assert!(slugs.len() >= 10, "{slugs:?}");
    assert!(plan.volume.get(&Muscle::Chest).is_some_and(|sets| *sets >= 4.0));
}

#[test]
fn a_plan_is_built_at_once() {
    let library = Library::ours();
    let wishes = plain(6, Experience::Advanced, &GYM);
    build(&wishes, &library).unwrap();
    let begun = Instant::now();
    for seed in 0..20 {
        build(&Wishes { seed, ..wishes.clone() }, &library).unwrap();
    }
    let each = begun.elapsed() / 20;
    // Unoptimised; the benchmark holds the 5 ms of the release build.
    assert!(each.as_millis() < 150, "{each:?}");
}

#[test]
fn a_proposal_is_repaired_and_every_change_is_told() {
    let library = Library::ours();
    let built = build(&plain(3, Experience::Beginner, &[Equipment::Dumbbell, Equipment::Bench]), &library).unwrap();
    let mut days: Vec<ProposedDay> = built
        .days
        .iter()
        .map(|day| ProposedDay {
            name: day.name.clone(),
            items: day.items.iter().map(|item| ProposedItem { exercise: item.exercise.clone(), sets: item.sets }).collect(),
        })
        .collect();
    days[0].items.push(ProposedItem { exercise: "moon walk".to_owned(), sets: 3 });
    days[1].items.push(ProposedItem { exercise: "leg press".to_owned(), sets: 1 });
    let verdict = verify(&Proposal { wording: Some("Have fun\u{0}".to_owned()), days }, &built, &library).unwrap();
    let rules: Vec<&str> = verdict.plan.differences.iter().map(|difference| difference.rule.as_str()).collect();
    assert!(rules.contains(&"selection.pattern") && rules.contains(&"selection.equipment"), "{rules:?}");
    assert_eq!((verdict.plan.author.as_str(), verdict.plan.wording.as_deref()), ("model", Some("Have fun")));
    for item in verdict.plan.days.iter().flat_map(|day| &day.items) {
        assert!(library.resolve(&item.exercise).unwrap().fits(&built.wishes.equipment), "{}", item.exercise);
    }
    assert!(serde_json::from_str::<serde_json::Value>(PROPOSAL_SCHEMA).is_ok());
}

#[test]
fn a_proposal_that_leaves_muscles_out_is_refused() {
    let library = Library::ours();
    let built = build(&plain(3, Experience::Beginner, &GYM), &library).unwrap();
    let day = ProposedDay { name: "Arms".to_owned(), items: vec![ProposedItem { exercise: "biceps-curl".to_owned(), sets: 3 }] };
    assert_eq!(verify(&Proposal { wording: None, days: vec![day.clone(), day.clone(), day] }, &built, &library), None);
}
