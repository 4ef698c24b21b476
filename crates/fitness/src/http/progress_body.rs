use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::picture::ThemeName;
use crate::model::{Day, MeasurementKind};
use crate::units::rounded;
use crate::{FitnessError, ProgressMetric, ProgressSeries};

/// Which series.
#[derive(Deserialize, IntoParams)]
pub(super) struct ProgressQuery {
    /// A measurement such as `mass`, or `one_rep_max` with `exercise`.
    metric: Option<String>,
    /// For `one_rep_max`.
    exercise: Option<String>,
    /// First day; half a year before `to` where it is left out.
    from: Option<Day>,
    /// Last day; today where it is left out.
    to: Option<Day>,
}

/// The same, drawn.
#[derive(Deserialize, IntoParams)]
pub(super) struct ChartQuery {
    /// A measurement such as `mass`, or `one_rep_max` with `exercise`.
    metric: Option<String>,
    /// For `one_rep_max`.
    exercise: Option<String>,
    /// First day.
    from: Option<Day>,
    /// Last day.
    to: Option<Day>,
    /// `light` or `dark`; without it the chart follows its reader.
    #[param(inline)]
    pub(super) theme: Option<ThemeName>,
}

/// What is asked for: a series and its time.
pub(super) type Wanted = (ProgressMetric, Option<Day>, Option<Day>);

fn metric(name: Option<&str>, exercise: Option<String>) -> Result<ProgressMetric, FitnessError> {
    let name = name.unwrap_or("mass");
    if name == "one_rep_max" {
        let missing = || FitnessError::field("/exercise", "required", "one_rep_max needs an exercise.");
        return Ok(ProgressMetric::OneRepMax(exercise.ok_or_else(missing)?));
    }
    let known = || MeasurementKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let unknown = || FitnessError::field("/metric", "unknown_word", format!("Expected one_rep_max or one of: {}.", known()));
    MeasurementKind::parse(name).map(ProgressMetric::Measured).ok_or_else(unknown)
}

impl ProgressQuery {
    pub(super) fn wanted(self) -> Result<Wanted, FitnessError> {
        Ok((metric(self.metric.as_deref(), self.exercise)?, self.from, self.to))
    }
}

impl ChartQuery {
    pub(super) fn wanted(self) -> Result<Wanted, FitnessError> {
        Ok((metric(self.metric.as_deref(), self.exercise)?, self.from, self.to))
    }
}

/// A day of a series.
#[derive(Serialize, ToSchema)]
#[schema(as = ProgressPoint)]
struct PointView {
    day: Day,
    /// Mean of the day.
    value: f64,
    /// Smoothed.
    trend: f64,
    /// The trend begins anew here.
    after_gap: bool,
}

/// What changed since the trend began.
#[derive(Serialize, ToSchema)]
#[schema(as = ProgressChange)]
struct ChangeView {
    /// Null while it is within the error of measuring.
    amount: Option<f64>,
    /// The error of a difference of two measurements.
    error: f64,
}

/// A series with its trend.
#[derive(Serialize, ToSchema)]
#[schema(as = ProgressSeries)]
pub(super) struct SeriesView {
    title: String,
    unit: &'static str,
    points: Vec<PointView>,
    /// Null with less than two days.
    change: Option<ChangeView>,
}

impl From<ProgressSeries> for SeriesView {
    fn from(progress: ProgressSeries) -> Self {
        let point = |point: crate::progress::TrendPoint| PointView {
            day: point.day,
            value: rounded(point.value, 3),
            trend: rounded(point.trend, 3),
            after_gap: point.after_gap,
        };
        let change = progress.series.change.map(|change| ChangeView {
            amount: change.certain.then(|| rounded(change.amount, 3)),
            error: rounded(change.error, 3),
        });
        Self {
            title: progress.title,
            unit: progress.unit,
            points: progress.series.points.into_iter().map(point).collect(),
            change,
        }
    }
}
