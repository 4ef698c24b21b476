//! Models of a few bytes, written here.

use prost::Message as _;
use tract_onnx::pb;

use super::*;
use crate::testing::picture;

fn config() -> PoseConfig {
    PoseConfig { input_size: 8, scale: "unit".to_owned(), ..PoseConfig::default() }
}

fn shape(dimensions: &[i64]) -> pb::TypeProto {
    let dimension = |size: &i64| pb::tensor_shape_proto::Dimension {
        value: Some(pb::tensor_shape_proto::dimension::Value::DimValue(*size)),
        ..Default::default()
    };
    let tensor = pb::type_proto::Tensor {
        elem_type: 1,
        shape: Some(pb::TensorShapeProto { dim: dimensions.iter().map(dimension).collect() }),
    };
    pb::TypeProto { value: Some(pb::type_proto::Value::TensorType(tensor)), ..Default::default() }
}

fn named(name: &str, dimensions: &[i64]) -> pb::ValueInfoProto {
    pb::ValueInfoProto { name: name.to_owned(), r#type: Some(shape(dimensions)), ..Default::default() }
}

fn node(operator: &str, inputs: &[&str], output: &str, attribute: Vec<pb::AttributeProto>) -> pb::NodeProto {
    pb::NodeProto {
        op_type: operator.to_owned(),
        name: output.to_owned(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        attribute,
        ..Default::default()
    }
}

/// Gives the same landmarks for every picture, each number greater by the mean of the input.
fn model(count: usize, reduce: &str) -> Vec<u8> {
    let dims = vec![1, 1, i64::try_from(count).unwrap(), 3];
    let numbers = (0..count * 3).map(|index| if index % 3 == 2 { 0.9 } else { 0.25 }).collect();
    let places = pb::TensorProto {
        name: "places".to_owned(),
        dims: dims.clone(),
        data_type: 1,
        float_data: numbers,
        ..Default::default()
    };
    let ints = |name: &str, ints: Vec<i64>| pb::AttributeProto { name: name.to_owned(), ints, r#type: 7, ..Default::default() };
    let keep = pb::AttributeProto { name: "keepdims".to_owned(), i: 0, r#type: 2, ..Default::default() };
    let graph = pb::GraphProto {
        name: "pose".to_owned(),
        node: vec![
            node(reduce, &["picture"], "mean", vec![ints("axes", vec![0, 1, 2, 3]), keep]),
            node("Add", &["places", "mean"], "landmarks", Vec::new()),
        ],
        initializer: vec![places],
        input: vec![named("picture", &[1, 8, 8, 3])],
        output: vec![named("landmarks", &dims)],
        ..Default::default()
    };
    let opset = pb::OperatorSetIdProto { domain: String::new(), version: 13 };
    pb::ModelProto { ir_version: 8, opset_import: vec![opset], graph: Some(graph), ..Default::default() }.encode_to_vec()
}

#[test]
fn a_model_sees_the_pixels_and_its_landmarks_lie_in_the_picture() {
    let pose = OnnxPose::read(&model(17, "ReduceMean"), &config()).unwrap();
    let black = Pixels { width: 80, height: 160, rgb: vec![0; 80 * 160 * 3] };
    let found = pose.estimate(&black).unwrap();
    assert_eq!((found.len(), pose.layout()), (17, Layout::Coco17));
    // The picture is half as wide as the square: a quarter of the square is its left edge, and a quarter of its height.
    let [x, y, seen] = found[0].unwrap();
    assert!(x.abs() < 1e-6 && (y - 0.25).abs() < 1e-6 && (seen - 0.9).abs() < 1e-6, "{x} {y} {seen}");
    // White over half of the square: the mean is 0.5.
    let white = Pixels { rgb: vec![255; 80 * 160 * 3], ..black };
    let [_, y, seen] = pose.estimate(&white).unwrap()[0].unwrap();
    assert!((y - 0.75).abs() < 1e-3 && (seen - 1.0).abs() < 1e-9, "{y} {seen}");
}

#[test]
fn one_bright_pixel_lands_where_the_layout_says() {
    let mut dark = Pixels { width: 8, height: 4, rgb: vec![0; 8 * 4 * 3] };
    dark.rgb[(2 * 8 + 5) * 3 + 1] = 255;
    // Two rows above and below are empty.
    let nhwc = filled(&dark, &config());
    assert_eq!(nhwc.iter().position(|value| *value > 0.5), Some((4 * 8 + 5) * 3 + 1));
    let nchw = filled(&dark, &PoseConfig { tensor: "nchw".to_owned(), ..config() });
    assert_eq!(nchw.iter().position(|value| *value > 0.5), Some((8 + 4) * 8 + 5));
    let signed = filled(&dark, &PoseConfig { scale: "signed".to_owned(), ..config() });
    assert_eq!((signed[0].to_bits(), signed[(4 * 8 + 5) * 3 + 1].to_bits()), ((-1.0_f32).to_bits(), 1.0_f32.to_bits()));
    let byte = filled(&dark, &PoseConfig { scale: "byte".to_owned(), ..config() });
    assert_eq!(byte[(4 * 8 + 5) * 3 + 1].to_bits(), 255.0_f32.to_bits());
}

#[test]
fn what_is_no_model_of_this_kind_is_refused_with_the_reason() {
    let good = model(17, "ReduceMean");
    let reason = |bytes: &[u8], config: &PoseConfig| OnnxPose::read(bytes, config).err().unwrap();
    assert!(reason(&model(12, "ReduceMean"), &config()).contains("17 landmarks"));
    assert!(reason(&good, &PoseConfig { layout: Layout::Mediapipe33, ..config() }).contains("33 landmarks"));
    reason(&model(17, "NoSuchOperator"), &config());
    reason(good.get(..good.len() / 2).unwrap(), &config());
    reason(b"hello", &config());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pose.onnx");
    std::fs::write(&path, &good).unwrap();
    let wrong = OnnxPose::open(&path, &PoseConfig { model_sha256: "0".repeat(64), ..config() }).err().unwrap();
    assert!(wrong.contains("SHA-256"), "{wrong}");
    assert!(OnnxPose::open(&path, &PoseConfig { model_sha256: sha256(&good), ..config() }).is_ok());
}

#[test]
fn a_head_that_a_model_finds_can_be_blurred() {
    let pose = OnnxPose::read(&model(17, "ReduceMean"), &config()).unwrap();
    assert!(pose.estimate(&picture(300, 400)).unwrap().iter().all(Option::is_some));
}
