use std::time::Duration;

use core_kernel::Timestamp;
use serde_json::{Value, json};

use super::people::Person;
use super::{Demo, done, text};

const DAYS: u64 = 90;
const DAY: Duration = Duration::from_hours(24);

/// How somebody trains: what they lift at first and by how much more each week.
pub(super) struct Story {
    birth_date: &'static str,
    sex: &'static str,
    height: &'static str,
    /// At the beginning, and what is lost or gained in ninety days, in tenths of a kilogram.
    mass: (i32, i32),
    goal: &'static str,
    /// Days of each week.
    days: &'static [u64],
    /// Exercise, load in hundreds of grams at first, more of them each week, repetitions.
    lifts: &'static [(&'static str, u64, u64, u64)],
}

/// Of the first people of the cast.
pub(super) const STORIES: [Story; 3] = [
    Story {
        birth_date: "1991-03-14",
        sex: "female",
        height: "168 cm",
        mass: (684, -32),
        goal: "strength",
        days: &[0, 2, 4],
        lifts: &[("barbell-back-squat", 600, 15, 5), ("barbell-bench-press", 375, 10, 5), ("barbell-row", 400, 10, 8)],
    },
    Story {
        birth_date: "1986-11-02",
        sex: "male",
        height: "182 cm",
        mass: (871, -64),
        goal: "fat_loss",
        days: &[1, 3, 5],
        lifts: &[("barbell-back-squat", 800, 20, 5), ("barbell-bench-press", 600, 12, 6), ("barbell-deadlift", 1000, 25, 5)],
    },
    Story {
        birth_date: "1998-07-21",
        sex: "female",
        height: "175 cm",
        mass: (630, 12),
        goal: "hypertrophy",
        days: &[0, 3, 6],
        lifts: &[("barbell-back-squat", 450, 18, 8), ("overhead-press", 250, 6, 8), ("barbell-row", 350, 12, 10)],
    },
];

impl Demo<'_> {
    /// Ninety days of training: a profile, a plan, workouts, body mass. The number of workouts.
    pub(super) async fn train(&self, person: &Person<'_>, story: &Story) -> anyhow::Result<usize> {
        let caller = &person.caller;
        let equipment = ["barbell", "rack", "bench", "dumbbell"];
        let profile = json!({"birth_date": story.birth_date, "sex": story.sex, "height": story.height, "mass": mass(story, 0),
            "goal": story.goal, "experience": "intermediate", "equipment": equipment});
        let set = caller.call("PUT", "/api/v1/fitness/profile", Some(profile.to_string().into()), &crate::caller::JSON).await?;
        done(&set, "a profile")?;
        let plan = json!({"name": "Three days a week", "days_per_week": 3, "weeks": 12});
        let plan = done(&caller.post("/api/v1/fitness/plans", &plan).await?, "a plan")?;
        text(&plan, "id")?;
        let mut workouts = 0;
        for day in 0..DAYS {
            let begin = self.now.minus(DAY * u32::try_from(DAYS - day)?);
            if day % 3 == 0 {
                let weighed = json!({"kind": "mass", "value": mass(story, day), "measured_at": begin});
                done(&caller.post("/api/v1/fitness/measurements", &weighed).await?, "a measurement")?;
            }
            if story.days.contains(&(day % 7)) {
                done(&caller.post("/api/v1/fitness/workouts", &workout(story, day, begin)).await?, "a workout")?;
                workouts += 1;
            }
        }
        Ok(workouts)
    }
}

/// A workout of an hour: three sets of each lift, the last one harder.
fn workout(story: &Story, day: u64, begin: Timestamp) -> Value {
    let mut sets = Vec::new();
    for (exercise, load, more, reps) in story.lifts {
        // What discs can be put on: steps of 2.5 kg.
        let load = (load + more * (day / 7)) / 25 * 25;
        for number in 0..3_u64 {
            let done_at = begin.plus(Duration::from_mins(5 + 6 * u64::try_from(sets.len()).unwrap_or_default()));
            let left = 3 - number;
            sets.push(json!({"exercise": exercise, "load": format!("{}.{} kg", load / 10, load % 10), "reps": reps, "rir": left,
                "rest_seconds": 180, "done_at": done_at}));
        }
    }
    json!({"title": "Strength", "started_at": begin, "ended_at": begin.plus(Duration::from_hours(1)), "sets": sets})
}

/// Body mass on a day: a line with the ups and downs of scales.
fn mass(story: &Story, day: u64) -> String {
    let wobble = [0, 3, -2, 4, -3, 1, -1][usize::try_from(day % 7).unwrap_or_default()];
    let (begin, change) = story.mass;
    let day = i32::try_from(day).unwrap_or_default();
    let tenths = begin + change * day / 90 + wobble;
    format!("{}.{} kg", tenths / 10, tenths % 10)
}
