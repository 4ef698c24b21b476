use std::collections::BTreeSet;

use super::skeleton::{FOREARM, SHIN, THIGH, TRUNK, UPPER_ARM, angle, distance};
use super::*;
use crate::catalogue;

#[test]
fn the_file_is_read_whole_and_shows_forty_exercises() {
    let parsed = spec::parse(spec::SOURCE).unwrap();
    assert_eq!(parsed.len(), all().len());
    let exercises: BTreeSet<&str> = all().iter().flat_map(|motion| &motion.exercises).map(String::as_str).collect();
    assert!(exercises.len() >= 40 && exercises.contains("push-up"), "{}", exercises.len());
    for slug in exercises {
        let exercise = catalogue::own().by_slug(slug).unwrap_or_else(|| panic!("{slug}"));
        let motion = by_id(exercise.motion.as_deref().unwrap()).unwrap();
        assert!(motion.exercises.contains(&exercise.id), "{slug}");
    }
    for exercise in catalogue::own().all() {
        assert!(exercise.motion.as_deref().is_none_or(|motion| by_id(motion).is_some()), "{}", exercise.id);
    }
}

#[test]
fn no_two_motions_are_the_same() {
    let poses: BTreeSet<String> = all()
        .iter()
        .map(|motion| format!("{:?} {:?}", motion.props, [0.0, 0.25, 0.5, 0.75].map(|moment| motion.pose(moment))))
        .collect();
    assert_eq!(poses.len(), all().len());
}

#[test]
fn bones_keep_their_length_and_nothing_leaves_the_floor_downwards() {
    for motion in all() {
        for step in 0..60 {
            let pose = motion.pose(f64::from(step) / 60.0).unwrap();
            assert!((distance(pose.hip, pose.neck) - TRUNK).abs() < 1e-9, "{}", motion.id);
            for side in [pose.near, pose.far] {
                let bones = [
                    (side.shoulder, side.elbow, UPPER_ARM),
                    (side.elbow, side.wrist, FOREARM),
                    (side.hip, side.knee, THIGH),
                    (side.knee, side.ankle, SHIN),
                ];
                for (from, to, length) in bones {
                    assert!((distance(from, to) - length).abs() < 1e-6, "{} at {step}", motion.id);
                    assert!(to[0].is_finite() && to[1] > -0.06, "{} at {step}: {to:?}", motion.id);
                }
            }
        }
    }
}

#[test]
fn a_motion_returns_without_a_jump() {
    for motion in all() {
        let mut before = motion.pose(0.0).unwrap();
        for step in 1..=240 {
            let pose = motion.pose(f64::from(step) / 240.0).unwrap();
            for (a, b) in [(before.near, pose.near), (before.far, pose.far)] {
                for (from, to) in [(a.elbow, b.elbow), (a.knee, b.knee), (a.hand, b.hand), (a.toe, b.toe)] {
                    assert!(distance(from, to) < 0.08, "{} jumps at {step}: {}", motion.id, distance(from, to));
                }
            }
            before = pose;
        }
    }
}

#[test]
fn gates_lie_within_the_range_that_the_picture_shows() {
    let mut counted = 0;
    for motion in all() {
        let form = form_of(motion);
        assert!(form.ranges.iter().all(|range| range.least <= range.most && range.most <= 180.0 + 1e-9));
        if let Some(gate) = form.gate {
            counted += 1;
            let range = form.ranges.iter().find(|range| range.joint == gate.joint).unwrap();
            assert!(
                range.least < gate.low && gate.low < gate.high && gate.high < range.most,
                "{}: {gate:?} {range:?}",
                motion.id
            );
        }
    }
    assert!(counted >= 60, "{counted}");
    let push_up = form_of(by_id("push-up").unwrap());
    let gate = push_up.gate.unwrap();
    assert_eq!((gate.joint, gate.low, gate.high), (Joint::Elbow, 100.0, 160.0));
    assert_eq!(form_of(by_id("plank").unwrap()).gate, None);
}

/// Counts like a Schmitt trigger: down at `low`, up again at `high`.
fn count(frames: &[Frame], (a, b, c): (usize, usize, usize), low: f64, high: f64) -> usize {
    let (mut down, mut repetitions) = (false, 0);
    for frame in frames {
        let at = |index: usize| [frame.landmarks[index][0], frame.landmarks[index][1]];
        let angle = angle(at(a), at(b), at(c)).unwrap();
        if !down && angle <= low {
            down = true;
        } else if down && angle >= high {
            down = false;
            repetitions += 1;
        }
    }
    repetitions
}

#[test]
fn a_stream_holds_the_repetitions_that_were_wished_for() {
    for (id, joints) in [("push-up", (12, 14, 16)), ("bodyweight-squat", (24, 26, 28)), ("biceps-curl", (12, 14, 16))] {
        let motion = by_id(id).unwrap();
        let gate = form_of(motion).gate.unwrap();
        let wish = StreamWish { repetitions: 5, noise: 0.002, ..StreamWish::default() };
        let frames = stream(motion, &wish);
        assert!(frames.iter().all(|frame| frame.landmarks.len() == 33));
        assert!(
            frames.iter().flat_map(|frame| &frame.landmarks).all(|[x, y, _]| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y))
        );
        assert_eq!(count(&frames, joints, gate.low, gate.high), 5, "{id}");
        let partial = stream(motion, &StreamWish { fault: Some(Fault::Partial), ..wish });
        assert_eq!(count(&partial, joints, gate.low, gate.high), 0, "{id}");
        assert_eq!(stream(motion, &wish), frames, "the same wish gives the same stream");
    }
    let line = |fault| {
        let frames = stream(by_id("push-up").unwrap(), &StreamWish { fault, ..StreamWish::default() });
        let at = |index: usize| [frames[0].landmarks[index][0], frames[0].landmarks[index][1]];
        angle(at(12), at(24), at(28)).unwrap()
    };
    assert!(line(None) > 175.0 && line(Some(Fault::SaggingHips)) < 160.0);
}

#[test]
fn drawings_are_whole_and_loop() {
    let exercise = catalogue::own().by_slug("push-up").unwrap();
    let scene = scene(by_id("push-up").unwrap(), exercise, FRAMES).unwrap();
    let gif = gif(&scene, Theme::Light).unwrap();
    assert!(gif.starts_with(b"GIF89a") && gif.len() < 400_000, "{} bytes", gif.len());
    let mut options = ::gif::DecodeOptions::new();
    options.set_color_output(::gif::ColorOutput::Indexed);
    let mut decoder = options.read_info(gif.as_slice()).unwrap();
    assert_eq!(decoder.repeat(), ::gif::Repeat::Infinite);
    let mut frames = 0;
    while decoder.read_next_frame().unwrap().is_some() {
        frames += 1;
    }
    assert_eq!(frames, FRAMES);
    let text = svg(&scene, None);
    assert!(text.contains("prefers-color-scheme:dark") && text.contains("<animate ") && !text.contains("NaN"));
    assert!(!text.contains("<script") && text.len() < 150_000, "{} bytes", text.len());
    assert_ne!(svg(&scene, Some(Theme::Dark)), svg(&scene, Some(Theme::Light)));
}

/// Not a check: writes sheets of frames for people to look at, where `FITNESS_SHEETS` would be cumbersome. Run with `--ignored`.
#[test]
#[ignore = "writes pictures to look at: `just pictures` runs it"]
fn sheets_of_all_motions() {
    let folder = std::env::temp_dir().join("fitness-sheets");
    std::fs::create_dir_all(&folder).unwrap();
    for motion in all() {
        let exercise = catalogue::own().by_slug(&motion.exercises[0]).unwrap();
        let scene = scene(motion, exercise, FRAMES).unwrap();
        for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            for frame in [0, 7, 15] {
                let (side, bytes) = pixels(&scene, frame, theme).unwrap();
                let mut file = format!("P6\n{side} {side}\n255\n").into_bytes();
                file.extend(bytes.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]));
                std::fs::write(folder.join(format!("{}-{name}-{frame:02}.ppm", motion.id)), file).unwrap();
            }
        }
        std::fs::write(folder.join(format!("{}.svg", motion.id)), svg(&scene, None)).unwrap();
    }
}
