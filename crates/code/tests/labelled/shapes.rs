//! Shapes.
use std::fmt;

pub const SIDES: u32 = 4;
static COUNT: u32 = 0;

/// A point.
#[derive(Clone)]
pub struct Point {
    pub x: f64,
    y: f64,
}

pub struct Pair(f64, f64);

pub enum Shape {
    Circle(Point, f64),
    Square { side: f64 },
    Empty,
}

pub trait Area {
    const UNIT: &'static str;
    type Out;
    fn area(&self) -> f64;
    fn twice(&self) -> f64 {
        self.area() * 2.0
    }
}

impl Area for Shape {
    const UNIT: &'static str = "m2";
    type Out = f64;
    fn area(&self) -> f64 {
        fn helper(x: f64) -> f64 { x }
        let local = 1.0;
        helper(local)
    }
}

impl<T> fmt::Display for Wrapper<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { Ok(()) }
}
