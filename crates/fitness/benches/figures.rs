//! How long a plan takes to build, a search over 2000 exercises, and an animation to draw. Prints one line each.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a measurement prints what it finds")]

use std::time::{Duration, Instant};

use fitness::Library;
use fitness::catalogue::{Equipment, Exercise, Index, Search, own};
use fitness::model::{Experience, Goal};
use fitness::motion::{FRAMES, Theme, by_id, gif, scene};
use fitness::plan::{Wishes, build};

fn p95(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() * 95 / 100).copied().unwrap_or_default()
}

fn time(mut run: impl FnMut(usize), rounds: usize) -> Duration {
    let once = |round| {
        let begun = Instant::now();
        run(round);
        begun.elapsed()
    };
    p95((0..rounds).map(once).collect())
}

fn main() {
    let library = Library::ours();
    let wishes = Wishes {
        goal: Goal::Hypertrophy,
        experience: Experience::Advanced,
        days: 6,
        cycle_days: 7,
        minutes: 90,
        equipment: Equipment::ALL.to_vec(),
        injuries: Vec::new(),
        weeks: 12,
        seed: 0,
    };
    let plan = time(|seed| drop(build(&Wishes { seed: u64::try_from(seed).unwrap(), ..wishes.clone() }, &library)), 200);
    println!("plan of six days, p95: {plan:?}");

    let many: Vec<Exercise> = (0..2000)
        .map(|number| {
            let mut copy = Exercise::clone(&own().all()[number % own().all().len()]);
            copy.id = format!("{}-{number}", copy.id);
            copy
        })
        .collect();
    let index = Index::new(many);
    let queries = ["push", "bench press", "bulgarian splt squat", "kreuzheben", "row", "zzzz", "overhead"];
    let search = |round: usize| {
        let query = Some(queries[round % queries.len()].to_owned());
        assert!(index.search(&Search { query, ..Search::default() }).len() <= 2000);
    };
    println!("search over 2000, p95: {:?}", time(search, 700));

    let exercise = own().resolve("push-up").unwrap();
    let motion = by_id("push-up").unwrap();
    let draw = |_| drop(gif(&scene(motion, exercise, FRAMES).unwrap(), Theme::Light).unwrap());
    println!("push-up as a GIF, p95: {:?}", time(draw, 10));
}
