//! Models of a few bytes, written here.

use super::*;
use crate::testing::TinyModel;
use crate::{ChannelScale, PoseOutput};

fn config() -> PoseConfig {
    PoseConfig { input_size: 8, scale: ChannelScale::Unit, ..PoseConfig::default() }
}

/// A quarter of the width and of the height, and a score of 0.5, for each.
fn points(count: usize) -> TinyModel {
    let values: Vec<f32> = (0..count).flat_map(|_| [0.25, 0.25, 0.5]).collect();
    TinyModel::constant_points(8, &[1, 1, count as u64, 3], &values)
}

fn drawn(width: u32, height: u32, dots: &[([u32; 2], [u8; 3])]) -> Pixels {
    let mut rgb = vec![0; width as usize * height as usize * 3];
    for ([x, y], colour) in dots {
        let at = (y * width + x) as usize * 3;
        rgb[at..at + 3].copy_from_slice(colour);
    }
    Pixels { width, height, rgb }
}

fn close(found: Option<Landmark>, expected: Landmark) -> bool {
    found.is_some_and(|found| found.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-4))
}

#[test]
fn a_model_sees_the_pixels_and_its_landmarks_lie_in_the_picture() {
    let pose = OnnxPose::read(&points(17).file(), &config()).unwrap();
    let black = drawn(80, 160, &[]);
    let found = pose.estimate(&black).unwrap();
    assert_eq!((found.len(), pose.layout()), (17, Layout::Coco17));
    // The picture is half as wide as the square: a quarter of the square is its left edge, and a quarter of its height.
    assert!(found.iter().all(|spot| close(*spot, [0.0, 0.25, 0.5])), "{found:?}");
    // White over half of the square: the mean is 0.5.
    let white = Pixels { rgb: vec![255; black.rgb.len()], ..black };
    assert!(close(pose.estimate(&white).unwrap()[0], [1.0, 0.75, 1.0]));
}

#[test]
fn one_bright_pixel_lands_where_the_order_and_the_scale_say() {
    let dark = drawn(8, 4, &[([5, 2], [0, 255, 0])]);
    // Two rows above and below are empty.
    let (nhwc, nchw) = ((4 * 8 + 5) * 3 + 1, (8 + 4) * 8 + 5);
    let filled = |change: PoseConfig| input::filled(&dark, &change);
    assert_eq!(filled(config()).iter().position(|value| *value > 0.5), Some(nhwc));
    let planes = filled(PoseConfig { tensor: TensorOrder::Nchw, ..config() });
    assert_eq!(planes.iter().position(|value| *value > 0.5), Some(nchw));
    let of = |scale: ChannelScale| {
        let numbers = filled(PoseConfig { scale, ..config() });
        (numbers[0], numbers[nhwc])
    };
    assert_eq!(of(ChannelScale::Byte), (0.0, 255.0));
    assert_eq!(of(ChannelScale::Signed), (-1.0, 1.0));
    let (dark_red, bright_green) = of(ChannelScale::Imagenet);
    assert!((dark_red + 2.117_904).abs() < 1e-4 && (bright_green - 2.428_571).abs() < 1e-4);
}

#[test]
fn peaks_of_maps_are_found_in_the_picture_by_their_own_colours() {
    let mut mixtures = vec![[0.3, 0.3, 0.3]; 17];
    (mixtures[0], mixtures[1], mixtures[2]) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]);
    // RTMPose, HRNet and ViTPose take inputs that are higher than wide.
    let config = PoseConfig {
        input_size: 32,
        input_height: Some(64),
        tensor: TensorOrder::Nchw,
        output: PoseOutput::Heatmaps,
        ..config()
    };
    let pose = OnnxPose::read(&TinyModel::colour_maps([32, 64], &mixtures).file(), &config).unwrap();
    // As wide as the input, half as high: 16 rows are empty above it.
    let dots = [([4, 8], [255, 0, 0]), ([5, 8], [100, 0, 0]), ([20, 30], [0, 204, 0]), ([31, 0], [0, 0, 255])];
    let found = pose.estimate(&drawn(32, 32, &dots)).unwrap();
    // A quarter of a cell towards the brighter neighbour; at an edge the other one is not there.
    assert!(close(found[0], [4.25 / 32.0, 8.0 / 32.0, 1.0]), "{:?}", found[0]);
    assert!(close(found[1], [20.0 / 32.0, 30.0 / 32.0, 0.8]), "{:?}", found[1]);
    assert!(close(found[2], [31.0 / 32.0, 0.0, 1.0]), "{:?}", found[2]);
}

#[test]
fn maps_whose_landmarks_come_last_are_read_alike() {
    let head = Head::find(PoseOutput::Heatmaps, 2, &[None, Some(vec![1, 1, 3, 2])]).unwrap();
    let spots = head.read(&vec![vec![], vec![0.0, 0.0, 0.9, 0.0, 0.0, 0.7]], &config()).unwrap();
    let (first, second) = (spots[0], spots[1]);
    assert_eq!((first.x.to_bits(), second.x.to_bits()), ((1.0_f64 / 3.0).to_bits(), (2.0_f64 / 3.0).to_bits()));
    assert!((first.score - 0.9).abs() < 1e-6 && (second.score - 0.7).abs() < 1e-6);
}

#[test]
fn rows_across_and_down_give_a_landmark_by_their_peaks() {
    let row = |length: usize, place: usize, score: f32| {
        let one: Vec<f32> = (0..length).map(|at| if at == place { score } else { 0.0 }).collect();
        one.repeat(17)
    };
    let model = TinyModel::new(&[1, 8, 8, 3])
        .constant("across", &[1, 17, 16], &row(16, 4, 0.9))
        .constant("down", &[1, 17, 32], &row(32, 24, 0.6))
        .node("ReduceMean", &["picture"], "mean", &[("axes", &[0, 1, 2, 3]), ("keepdims", &[0])])
        .node("Add", &["across", "mean"], "simcc_x", &[])
        .node("Add", &["down", "mean"], "simcc_y", &[])
        .output("simcc_x", &[1, 17, 16])
        .output("simcc_y", &[1, 17, 32]);
    let pose = OnnxPose::read(&model.file(), &PoseConfig { output: PoseOutput::Simcc, ..config() }).unwrap();
    assert!(close(pose.estimate(&drawn(8, 8, &[])).unwrap()[16], [0.25, 0.75, 0.6]));
}

#[test]
fn the_thirty_three_are_read_of_the_thirty_nine_that_blazepose_gives_in_pixels_with_logits() {
    let values: Vec<f32> = (0..39).flat_map(|_| [2.0, 6.0, -3.0, 0.0, 9.0]).collect();
    let model = TinyModel::constant_points(8, &[1, 195], &values);
    let config = PoseConfig { layout: Layout::Mediapipe33, y_first: false, pixels: true, logits: true, ..config() };
    let found = OnnxPose::read(&model.file(), &config).unwrap().estimate(&drawn(8, 8, &[])).unwrap();
    assert_eq!(found.len(), 33);
    assert!(found.iter().all(|spot| close(*spot, [0.25, 0.75, 0.5])));
}

#[test]
fn what_is_no_model_of_this_kind_is_refused_with_the_reason() {
    let good = points(17).file();
    let reason = |bytes: &[u8], config: &PoseConfig| OnnxPose::read(bytes, config).err().unwrap();
    assert!(reason(&points(12).file(), &config()).contains("17 landmarks"));
    assert!(reason(&good, &PoseConfig { layout: Layout::Mediapipe33, ..config() }).contains("33 landmarks"));
    assert!(reason(&good, &PoseConfig { output: PoseOutput::Simcc, ..config() }).contains("two with a row"));
    assert!(reason(&points(17).input("mask", &[1]).file(), &config()).contains("2 inputs"));
    let unknown = TinyModel::new(&[1, 8, 8, 3]).node("NoSuchOperator", &["picture"], "out", &[]).output("out", &[1, 17, 3]);
    reason(&unknown.file(), &config());
    reason(good.get(..good.len() / 2).unwrap(), &config());
    reason(b"hello", &config());
    reason(b"", &config());
}

#[test]
fn a_model_that_takes_memory_without_end_is_refused_before_it_runs() {
    let reason = |model: &TinyModel| OnnxPose::read(&model.file(), &config()).err().unwrap();
    // A tensor of five gigabytes whose file brings four bytes.
    let declared = points(17).constant("huge", &[1_250_000_000], &[1.0]);
    reason(&declared.node("Add", &["landmarks", "huge"], "more", &[]));
    // 8 x 8 x 3 numbers, 60 000 times a thousand times.
    let wide = TinyModel::new(&[1, 8, 8, 3])
        .constant("row", &[60_000, 1, 1, 1, 1], &vec![0.0; 60_000])
        .node("Add", &["picture", "row"], "wide", &[])
        .constant("tall", &[1000, 1, 1, 1, 1, 1], &vec![0.0; 1000])
        .node("Add", &["wide", "tall"], "huge", &[])
        .output("huge", &[1000, 60_000, 1, 8, 8, 3]);
    let told = reason(&wide);
    assert!(told.contains("more than 536870912 bytes"), "{told}");
}

#[test]
fn a_file_is_run_at_start_when_its_hash_is_the_configured_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pose.onnx");
    let good = points(17).file();
    std::fs::write(&path, &good).unwrap();
    let wrong = OnnxPose::open(&path, &PoseConfig { model_sha256: "0".repeat(64), ..config() }).err().unwrap();
    assert!(wrong.contains("SHA-256"), "{wrong}");
    let right = PoseConfig { model_sha256: sha256(&good), ..config() };
    assert!(OnnxPose::open(&path, &right).is_ok());
    let late = OnnxPose::open(&path, &PoseConfig { time_limit_ms: 0, ..right }).err().unwrap();
    assert!(late.contains("vision.pose.time_limit_ms"), "{late}");
}

#[test]
fn numbers_that_are_none_are_no_landmarks() {
    let mut values = [0.25; 51];
    values[50] = f32::NAN;
    let pose = OnnxPose::read(&TinyModel::constant_points(8, &[17, 3], &values).file(), &config()).unwrap();
    let failure = pose.estimate(&drawn(8, 8, &[])).unwrap_err();
    assert_eq!(failure.to_string(), "the model gave no landmarks");
}
