use std::fmt::Write;

use super::Series;
use crate::units::rounded;

/// Colours of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ChartTheme {
    /// The reader's choice.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
/// Left, right, top, bottom.
const MARGIN: [f64; 4] = [58.0, 22.0, 52.0, 40.0];

struct Scale {
    first: f64,
    days: f64,
    low: f64,
    high: f64,
}

impl Scale {
    fn x(&self, day: f64) -> f64 {
        MARGIN[0] + (day - self.first) / self.days * (WIDTH - MARGIN[0] - MARGIN[1])
    }

    fn y(&self, value: f64) -> f64 {
        MARGIN[2] + (self.high - value) / (self.high - self.low) * (HEIGHT - MARGIN[2] - MARGIN[3])
    }
}

#[expect(clippy::cast_precision_loss, reason = "day numbers are far below 2^52")]
fn number(day: crate::model::Day) -> f64 {
    day.number() as f64
}

/// A chart of a series: the days as dots, the trend as a line that breaks at gaps, what changed in words.
pub fn chart(series: &Series, title: &str, unit: &str, theme: ChartTheme) -> String {
    let title = escaped(title);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\" \
         font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,sans-serif\"><title>{title}</title>"
    );
    style(&mut text, theme);
    let _ = write!(text, "<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"10\" class=\"bg\"/>");
    let _ = write!(text, "<text x=\"20\" y=\"30\" class=\"title\">{title}</text>");
    let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else {
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" class=\"label\">Nothing was measured in this time</text></svg>",
            WIDTH / 2.0,
            HEIGHT / 2.0
        );
        return text;
    };
    let all = series.points.iter().flat_map(|point| [point.value, point.trend]);
    let least = all.clone().fold(f64::INFINITY, f64::min);
    let most = all.fold(f64::NEG_INFINITY, f64::max);
    let step = nice_step((most - least).max(most.abs() * 0.01).max(1e-6) / 4.0);
    let (low, high) = ((least / step).floor() * step, (most / step).ceil() * step);
    let high = if high - low < step { low + step } else { high };
    let scale = Scale { first: number(first.day), days: (number(last.day) - number(first.day)).max(1.0), low, high };
    grid(&mut text, &scale, step, unit);
    dates(&mut text, &scale, series);
    drawn(&mut text, &scale, series);
    summary(&mut text, series, unit);
    text.push_str("</svg>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// 1, 2 or 5 times a power of ten, at least as large as asked.
fn nice_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough).unwrap_or(power * 10.0)
}

fn style(text: &mut String, theme: ChartTheme) {
    const LIGHT: &str = ".bg{fill:#fbfcfd}.title{fill:#1d2430;font-size:17px;font-weight:600}.label{fill:#667084;font-size:12px}\
        .grid{stroke:#e3e7ec;stroke-width:1}.dot{fill:#9fb0c4}.line{fill:none;stroke:#d8432f;stroke-width:2.6;stroke-linejoin:round;\
        stroke-linecap:round}.end{fill:#d8432f}.area{fill:#d8432f;fill-opacity:.08}.note{fill:#3c4657;font-size:13px}";
    const DARK: &str = ".bg{fill:#151920}.title{fill:#eef1f5;font-size:17px;font-weight:600}.label{fill:#8f9bad;font-size:12px}\
        .grid{stroke:#2a313c;stroke-width:1}.dot{fill:#5d6e85}.line{fill:none;stroke:#ff7a66;stroke-width:2.6;stroke-linejoin:round;\
        stroke-linecap:round}.end{fill:#ff7a66}.area{fill:#ff7a66;fill-opacity:.1}.note{fill:#c6ceda;font-size:13px}";
    let _ = match theme {
        ChartTheme::Light => write!(text, "<style>{LIGHT}</style>"),
        ChartTheme::Dark => write!(text, "<style>{DARK}</style>"),
        ChartTheme::Auto => write!(text, "<style>{LIGHT}@media(prefers-color-scheme:dark){{{DARK}}}</style>"),
    };
}

fn grid(text: &mut String, scale: &Scale, step: f64, unit: &str) {
    let decimals = if step >= 1.0 {
        0
    } else if step >= 0.1 {
        1
    } else {
        2
    };
    let mut value = scale.low;
    while value <= scale.high + step * 0.01 {
        let y = scale.y(value);
        let _ = write!(
            text,
            "<line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" class=\"grid\"/>",
            MARGIN[0],
            WIDTH - MARGIN[1]
        );
        let _ = write!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" class=\"label\">{value:.decimals$}{}</text>",
            MARGIN[0] - 8.0,
            y + 4.0,
            // The topmost line names the unit.
            if value + step > scale.high + step * 0.01 { format!(" {}", escaped(unit)) } else { String::new() }
        );
        value += step;
    }
}

fn dates(text: &mut String, scale: &Scale, series: &Series) {
    let count = 5;
    for index in 0..=count {
        let share = f64::from(index) / f64::from(count);
        let day = crate::model::Day::from_number(crate::units::whole(scale.first + scale.days * share));
        if series.points.len() < 2 && index > 0 {
            return;
        }
        let anchor = if index == 0 {
            "start"
        } else if index == count {
            "end"
        } else {
            "middle"
        };
        let _ = write!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" class=\"label\">{day}</text>",
            scale.x(number(day)),
            HEIGHT - 14.0
        );
    }
}

fn drawn(text: &mut String, scale: &Scale, series: &Series) {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    for point in &series.points {
        let at = (scale.x(number(point.day)), scale.y(point.trend));
        match pieces.last_mut() {
            Some(piece) if !point.after_gap => piece.push(at),
            _ => pieces.push(vec![at]),
        }
    }
    let floor = HEIGHT - MARGIN[3];
    for piece in pieces.iter().filter(|piece| piece.len() > 1) {
        let places: Vec<String> = piece.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let line = places.join(" ");
        if let (Some((left, _)), Some((right, _))) = (piece.first(), piece.last()) {
            let _ = write!(text, "<polygon points=\"{left:.1},{floor:.1} {line} {right:.1},{floor:.1}\" class=\"area\"/>");
        }
        let _ = write!(text, "<polyline points=\"{line}\" class=\"line\"/>");
    }
    for point in &series.points {
        let _ = write!(
            text,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.6\" class=\"dot\"/>",
            scale.x(number(point.day)),
            scale.y(point.value)
        );
    }
    if let Some(last) = series.points.last() {
        let _ = write!(
            text,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4.5\" class=\"end\"/>",
            scale.x(number(last.day)),
            scale.y(last.trend)
        );
    }
}

fn summary(text: &mut String, series: &Series, unit: &str) {
    let Some(last) = series.points.last() else { return };
    let now = format!("trend {} {unit}", rounded(last.trend, 1));
    let change = match series.change {
        Some(change) if change.certain => format!(", change {:+.1} {unit}", change.amount),
        Some(_) => ", no change beyond the error of measuring".to_owned(),
        None => String::new(),
    };
    let _ = write!(
        text,
        "<text x=\"{:.1}\" y=\"30\" text-anchor=\"end\" class=\"note\">{}</text>",
        WIDTH - MARGIN[1],
        escaped(&format!("{now}{change}"))
    );
}

#[cfg(test)]
mod tests {
    use super::super::trend;
    use super::*;
    use crate::model::Day;

    fn sample(days: i64) -> Series {
        let first = Day::parse("2026-01-01").unwrap().number();
        let value = |day: i64| {
            let day = f64::from(i32::try_from(day).unwrap());
            82.0 - day * 0.03 + (day * 1.7).sin() * 0.5
        };
        let values: Vec<(Day, f64)> =
            (0..days).filter(|day| !(60..95).contains(day)).map(|day| (Day::from_number(first + day), value(day))).collect();
        trend(&values, 0.5)
    }

    #[test]
    fn a_chart_has_dots_a_line_that_breaks_at_the_gap_and_words() {
        let text = chart(&sample(130), "Body mass <b>", "kg", ChartTheme::Auto);
        assert_eq!(text.matches("<polyline").count(), 2);
        assert_eq!(text.matches("class=\"dot\"").count(), 95);
        assert!(
            text.contains("Body mass &lt;b&gt;") && text.contains("2026-01-01") && !text.contains("NaN") && !text.contains("inf")
        );
        assert!(chart(&Series::default(), "Waist", "cm", ChartTheme::Dark).contains("Nothing was measured"));
        assert!(!chart(&sample(1), "Waist", "cm", ChartTheme::Light).contains("NaN"));
    }

    #[test]
    #[ignore = "writes pictures to look at: `just pictures` runs it"]
    fn charts_to_look_at() {
        let folder = std::env::temp_dir().join("fitness-charts");
        std::fs::create_dir_all(&folder).unwrap();
        for (theme, name) in [(ChartTheme::Light, "light"), (ChartTheme::Dark, "dark")] {
            std::fs::write(folder.join(format!("{name}.svg")), chart(&sample(130), "Body mass", "kg", theme)).unwrap();
        }
    }
}
