//! Motions: one table of key poses per exercise drives the animation, the default form gates and synthetic landmark streams, so that
//! pictures and rules can't drift apart.

mod form;
mod muscles;
mod props;
mod raster;
mod scene;
mod skeleton;
mod spec;
mod stream;
mod svg;

pub use form::{ExerciseForm, FormGate, JointRange, form_of};
pub use raster::{gif, pixels};
pub use scene::{FRAMES, Scene, Theme, scene};
pub use skeleton::{Joint, Pose, Side};
pub use spec::{Key, Limbs, Motion, Point, Prop, View, all, by_id};
pub use stream::{Fault, Frame, Landmark, StreamWish, stream};
pub use svg::svg;

#[cfg(test)]
mod tests;
