use std::fmt::Write;

use super::scene::{Paint, Scene, Shape, Theme};
use super::spec::Point;

/// Units of a side of the drawing.
const SIDE: f64 = 360.0;

/// The motion as an SVG that moves by itself (SMIL), without scripts. With a theme its colours are fixed; without one they follow the
/// reader's.
pub fn svg(scene: &Scene, theme: Option<Theme>) -> String {
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIDE} {SIDE}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>",
        title = escaped(&scene.title)
    );
    style(&mut text, theme);
    let _ = write!(text, "<rect width=\"{SIDE}\" height=\"{SIDE}\" class=\"ground\"/>");
    let count = scene.frames.first().map_or(0, Vec::len);
    for index in 0..count {
        let shapes: Vec<&Shape> = scene.frames.iter().filter_map(|frame| frame.get(index)).collect();
        element(&mut text, scene, &shapes);
    }
    text.push_str("</svg>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const fn class(paint: Paint) -> &'static str {
    match paint {
        Paint::Ground => "ground",
        Paint::Floor => "floor",
        Paint::Near => "near",
        Paint::Far => "far",
        Paint::Primary => "primary",
        Paint::Secondary => "secondary",
        Paint::Prop => "prop",
        Paint::PropSoft => "soft",
    }
}

fn rules(text: &mut String, theme: Theme) {
    for paint in Paint::ALL {
        let [red, green, blue] = paint.rgb(theme);
        let colour = format!("#{red:02x}{green:02x}{blue:02x}");
        let name = class(paint);
        let _ = write!(text, ".{name}{{fill:{colour}}}line.{name}{{stroke:{colour}}}");
    }
}

fn style(text: &mut String, theme: Option<Theme>) {
    text.push_str("<style>line{stroke-linecap:round}");
    rules(text, theme.unwrap_or_default());
    if theme.is_none() {
        text.push_str("@media(prefers-color-scheme:dark){");
        rules(text, Theme::Dark);
        text.push('}');
    }
    text.push_str("</style>");
}

/// One shape with what moves of it.
fn element(text: &mut String, scene: &Scene, shapes: &[&Shape]) {
    let Some(first) = shapes.first() else { return };
    match first {
        Shape::Polygon(_, paint) => {
            let points: Vec<String> = shapes
                .iter()
                .map(|shape| match shape {
                    Shape::Polygon(points, _) => points.iter().map(|point| pair(scene, *point)).collect::<Vec<_>>().join(" "),
                    _ => String::new(),
                })
                .collect();
            attributes(text, "polygon", *paint, "", scene, &[("points", points)]);
        }
        Shape::Circle(_, radius, paint) => {
            let at = |axis: usize| -> Vec<String> {
                let middle = |shape: &&Shape| if let Shape::Circle(middle, ..) = shape { *middle } else { [0.0, 0.0] };
                shapes.iter().map(|shape| coordinate(scene, middle(shape), axis)).collect()
            };
            let fixed = format!(" r=\"{:.1}\"", radius * SIDE / scene.size);
            attributes(text, "circle", *paint, &fixed, scene, &[("cx", at(0)), ("cy", at(1))]);
        }
        Shape::Line(_, _, width, paint) => {
            let at = |end: usize, axis: usize| -> Vec<String> {
                let point = |shape: &&Shape| match shape {
                    Shape::Line(from, to, ..) => {
                        if end == 0 {
                            *from
                        } else {
                            *to
                        }
                    }
                    _ => [0.0, 0.0],
                };
                shapes.iter().map(|shape| coordinate(scene, point(shape), axis)).collect()
            };
            let fixed = format!(" stroke-width=\"{:.1}\"", width * SIDE / scene.size);
            let moving = [("x1", at(0, 0)), ("y1", at(0, 1)), ("x2", at(1, 0)), ("y2", at(1, 1))];
            attributes(text, "line", *paint, &fixed, scene, &moving);
        }
    }
}

fn attributes(text: &mut String, name: &str, paint: Paint, fixed: &str, scene: &Scene, moving: &[(&str, Vec<String>)]) {
    let _ = write!(text, "<{name} class=\"{}\"{fixed}", class(paint));
    for (attribute, values) in moving {
        if let Some(first) = values.first() {
            let _ = write!(text, " {attribute}=\"{first}\"");
        }
    }
    text.push('>');
    for (attribute, values) in moving {
        let Some(first) = values.first().filter(|first| values.iter().any(|value| value != *first)) else { continue };
        let all = values.iter().chain([first]).map(String::as_str).collect::<Vec<_>>().join(";");
        let _ = write!(
            text,
            "<animate attributeName=\"{attribute}\" dur=\"{:.2}s\" repeatCount=\"indefinite\" values=\"{all}\"/>",
            scene.seconds
        );
    }
    let _ = write!(text, "</{name}>");
}

fn coordinate(scene: &Scene, [x, y]: Point, axis: usize) -> String {
    let scale = SIDE / scene.size;
    let value = if axis == 0 { (x - scene.corner[0]) * scale } else { SIDE - (y - scene.corner[1]) * scale };
    format!("{value:.1}")
}

fn pair(scene: &Scene, point: Point) -> String {
    format!("{},{}", coordinate(scene, point, 0), coordinate(scene, point, 1))
}
