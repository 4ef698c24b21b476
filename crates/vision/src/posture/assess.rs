use super::answer::{Assessment, DISCLAIMER, GateUsed, Metric, NotAssessed, Repetition, Reps};
use super::geometry::{float, median, rounded};
use super::layout::{Body, Side, View};
use super::measure::Joint;
use super::reps::{Counted, Span, count, tempo};
use super::scene::Scene;
use super::smoothing::{OneEuro, median_of_three};
use super::{Finding, Frame, Gate, Motion, Take, hold, judge, never, standing};

/// Fewer frames a second are too few to count with.
const LEAST_RATE: f64 = 5.0;

/// Assesses a take: with a motion its form and its repetitions, without one how the person stands.
pub fn assess(take: &Take, motion: Option<&Motion>) -> Assessment {
    let size = [take.width, take.height];
    let seen: Vec<&Frame> = take.frames.iter().filter(|frame| frame.landmarks.iter().any(Option::is_some)).collect();
    let times: Vec<f64> = take.frames.iter().map(|frame| frame.t).collect();
    let body = |frame: &Frame| Body::new(take.layout, &frame.landmarks, size, take.mirrored);
    let mut assessment = Assessment {
        layout: take.layout,
        view: take.view,
        frames: seen.len(),
        seconds: rounded(times.last().copied().unwrap_or_default() - times.first().copied().unwrap_or_default(), 3),
        motion: motion.map(|motion| motion.id.clone()),
        metrics: Vec::new(),
        findings: Vec::new(),
        not_assessed: Vec::new(),
        reps: None,
        hold: None,
        disclaimer: DISCLAIMER,
    };
    let scene = Scene::new(take.view, times, take.frames.iter().map(body).collect());
    let hindrance = if seen.is_empty() { Some(("person", "Nobody is seen.")) } else { scene.mismatch().map(|why| ("view", why)) };
    if let Some((id, reason)) = hindrance {
        assessment.not_assessed.push(NotAssessed { id: id.to_owned(), reason: reason.to_owned() });
        return assessment;
    }
    if scene.sides_look_swapped() {
        let reason = "Left and right look exchanged; if the picture is mirrored, say `mirrored`. Sides are as they were sent.";
        assessment.not_assessed.push(NotAssessed { id: "sides".to_owned(), reason: reason.to_owned() });
    }
    match motion {
        None => assessment.metrics = standing::measure(&scene, size, &mut assessment.not_assessed),
        Some(motion) => form(&scene, motion, &mut assessment),
    }
    assessment.metrics.extend(joints(&scene));
    assessment
}

/// Repetitions or a hold, and what the rules say.
fn form(scene: &Scene, motion: &Motion, assessment: &mut Assessment) {
    let spans = match &motion.gate {
        None => {
            assessment.hold = hold::plank(scene).filter(|_| motion.id == "plank" && scene.view == View::Side);
            Vec::new()
        }
        Some(gate) => match counted(scene, motion, gate) {
            Ok((reps, spans)) => {
                assessment.reps = Some(reps);
                spans
            }
            Err(reason) => {
                assessment.not_assessed.push(NotAssessed { id: "reps".to_owned(), reason });
                Vec::new()
            }
        },
    };
    assessment.findings = judge::judge(scene, &motion.id, &spans, &mut assessment.not_assessed);
    let Some(reps) = &mut assessment.reps else { return };
    for repetition in &mut reps.repetitions {
        let failed = |finding: &&Finding| finding.flagged.contains(&repetition.number);
        repetition.failed = assessment.findings.iter().filter(failed).map(|finding| finding.rule).collect();
    }
}

fn counted(scene: &Scene, motion: &Motion, gate: &Gate) -> Result<(Reps, Vec<Span>), String> {
    let from = motion.view;
    let uncounted = never().iter().find(|never| never.id.strip_suffix(".reps") == Some(motion.id.as_str()));
    if let Some(never) = uncounted {
        return Err(never.reason.clone());
    }
    let across = |view: View| view != View::Side;
    if across(from) != across(scene.view) {
        return Err(format!("Repetitions of this exercise are counted from the {}.", from.as_str()));
    }
    if scene.times.len() < 2 {
        return Err("One frame is no repetition; send `frames`.".to_owned());
    }
    let steps = scene.times.windows(2).filter_map(|pair| if let [from, to] = pair { Some(to - from) } else { None });
    if median(steps).is_some_and(|step| step > 1.0 / LEAST_RATE) {
        return Err(format!("At least {LEAST_RATE} frames a second are needed to count."));
    }
    let raw: Vec<Option<f64>> = scene.bodies.iter().map(|body| gate.joint.of(body, scene)).collect();
    if raw.iter().all(Option::is_none) {
        return Err(format!("The {} is hidden.", gate.joint.as_str()));
    }
    let angles = median_of_three(&scene.times, &raw);
    let found = count(&scene.times, &angles, (gate.low, gate.high), gate.joint == Joint::Hip);
    Ok((reps(scene, gate, &angles, &found), found.reps))
}

fn reps(scene: &Scene, gate: &Gate, angles: &[Option<f64>], found: &Counted) -> Reps {
    let at = |index: usize| rounded(scene.times.get(index).copied().unwrap_or_default(), 3);
    let mut speeds = Vec::new();
    let repetition = |(span, number): (&Span, usize)| {
        let within = || angles.iter().skip(span.from).take(span.top - span.from + 1).filter_map(|angle| *angle);
        let least = within().min_by(f64::total_cmp).unwrap_or_default();
        let most = within().max_by(f64::total_cmp).unwrap_or_default();
        let [eccentric, pause, concentric] = tempo(&scene.times, angles, *span);
        speeds.extend((concentric > 0.0).then_some((most - least) / concentric));
        Repetition {
            number,
            start: at(span.from),
            end: at(span.to),
            min_angle: rounded(least, 1),
            max_angle: rounded(most, 1),
            eccentric: rounded(eccentric, 3),
            pause: rounded(pause, 3),
            concentric: rounded(concentric, 3),
            side_difference: scene.bodies.get(span.bottom).and_then(|body| side_difference(scene, gate.joint, body)),
            failed: Vec::new(),
        }
    };
    let repetitions: Vec<Repetition> = found.reps.iter().zip(1..).map(repetition).collect();
    let fastest = speeds.iter().copied().max_by(f64::total_cmp);
    let loss = fastest.zip(speeds.last().copied()).filter(|_| speeds.len() > 1);
    let Gate { id, joint, low, high, source } = gate.clone();
    Reps {
        count: repetitions.len(),
        partial: found.partial,
        too_fast: found.too_fast,
        gate: GateUsed { id, joint, low: rounded(low, 1), high: rounded(high, 1), source },
        repetitions,
        velocity_loss: loss.map(|(fastest, last)| rounded((1.0 - last / fastest) * 100.0, 1)),
    }
}

fn side_difference(scene: &Scene, joint: Joint, body: &Body) -> Option<f64> {
    if scene.view == View::Side {
        return None;
    }
    let (left, right) = (joint.of_side(body, Side::Left)?, joint.of_side(body, Side::Right)?);
    Some(rounded((left - right).abs(), 1))
}

/// Every joint's angle, smoothed; over several frames with its range.
fn joints(scene: &Scene) -> Vec<Metric> {
    let metric = |joint: Joint| {
        let mut filter = OneEuro::degrees();
        let raw = scene.times.iter().zip(&scene.bodies).filter_map(|(t, body)| joint.of(body, scene).map(|angle| (*t, angle)));
        let values: Vec<f64> = raw.map(|(t, angle)| filter.next(t, angle)).collect();
        let metric = Metric::new(joint.as_str(), median(values.iter().copied())?, "degrees").error(7.0);
        let ends = values.iter().copied().min_by(f64::total_cmp).zip(values.iter().copied().max_by(f64::total_cmp));
        // A joint that is rarely seen has no range.
        let often = float(values.len()) >= 0.5 * float(scene.bodies.len());
        Some(match ends {
            Some((least, most)) if values.len() > 1 && often => metric.range(least, most),
            _ => metric,
        })
    };
    Joint::ALL.into_iter().filter_map(metric).collect()
}
