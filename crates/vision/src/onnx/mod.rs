//! A pose model of the operator as an ONNX file, run by tract.

mod input;
mod output;
#[cfg(test)]
mod tests;

use std::io::Read as _;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{bail, format_err};
use tract_onnx::tract_core::plan::eval;
use tract_onnx::tract_hir::infer::Factoid as _;

use self::output::{Head, Outputs};
use crate::blobs::sha256;
use crate::posture::{Landmark, Layout};
use crate::{Pixels, PoseConfig, PoseEstimator, PoseFailure, TensorOrder};

/// The most bytes of a model's file.
const MOST_FILE_BYTES: u64 = 512 * 1024 * 1024;
/// The most bytes of one tensor inside of a model.
const MOST_TENSOR_BYTES: usize = 512 * 1024 * 1024;

/// A model that is ready to run. One picture is worked on by one thread.
pub(crate) struct OnnxPose {
    plan: Arc<TypedRunnableModel>,
    input: DatumType,
    config: PoseConfig,
    head: Head,
}

impl OnnxPose {
    /// Loads a file whose hash is the configured one, and runs it once. The error is for the operator.
    pub(crate) fn open(path: &Path, config: &PoseConfig) -> Result<Self, String> {
        let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        file.take(MOST_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 > MOST_FILE_BYTES {
            return Err(format!("it has more than {MOST_FILE_BYTES} bytes"));
        }
        let found = sha256(&bytes);
        if !found.eq_ignore_ascii_case(&config.model_sha256) {
            return Err(format!("its SHA-256 is {found}, not vision.pose.model_sha256"));
        }
        let pose = Self::read(&bytes, config)?;
        // What only fails when it runs, such as a model that is too slow for this machine, is told at start.
        let (width, height) = config.input_sides();
        let black = Pixels { width, height, rgb: vec![0; width as usize * height as usize * 3] };
        pose.estimate(&black).map_err(|failure| failure.to_string())?;
        Ok(pose)
    }

    /// A file that is no model may bring a parser to panic; that is its own fault, not the server's end.
    fn read(bytes: &[u8], config: &PoseConfig) -> Result<Self, String> {
        let read = || Self::build(bytes, config).map_err(|error| format!("{error:#}"));
        std::panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_panic| Err("it is no model".to_owned()))
    }

    fn build(bytes: &[u8], config: &PoseConfig) -> TractResult<Self> {
        let count = config.layout.count().ok_or_else(|| format_err!("vision.pose.layout is no list"))?;
        let model = tract_onnx::onnx().model_for_read(&mut &*bytes)?;
        if model.inputs.len() != 1 {
            bail!("it has {} inputs; one is expected", model.inputs.len());
        }
        let input = model.input_fact(0)?.datum_type.concretize().unwrap_or(f32::datum_type());
        let model = model.with_input_fact(0, input.fact(shape(config)).into())?.into_typed()?;
        bounded(&model)?;
        let model = model.into_optimized()?;
        bounded(&model)?;
        let shown = model
            .output_outlets()?
            .iter()
            .map(|outlet| Ok(model.outlet_fact(*outlet)?.shape.as_concrete().map(<[usize]>::to_vec)));
        let shown = shown.collect::<TractResult<Vec<_>>>()?;
        let head = Head::find(config.output, count, &shown).map_err(|reason| format_err!("{reason}"))?;
        Ok(Self { plan: model.into_runnable()?, input, config: config.clone(), head })
    }

    /// The model's numbers. Its parts are run one by one and given up when the time is over.
    fn run(&self, picture: &Pixels) -> TractResult<Outputs> {
        let begun = Instant::now();
        let most = Duration::from_millis(self.config.time_limit_ms);
        let tensor = Tensor::from_shape(&shape(&self.config), &input::filled(picture, &self.config))?;
        let tensor = tensor.cast_to_dt(self.input)?.into_owned();
        let outputs = self.plan.spawn()?.run_plan_with_eval(tvec!(tensor.into()), |context, state, node, inputs| {
            if begun.elapsed() >= most {
                bail!("it takes longer than vision.pose.time_limit_ms, {} ms", most.as_millis());
            }
            eval(context, state, node, inputs)
        })?;
        let numbers = |value: &TValue| -> TractResult<Vec<f32>> {
            Ok(value.cast_to::<f32>()?.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
        };
        outputs.iter().map(numbers).collect()
    }
}

impl PoseEstimator for OnnxPose {
    fn layout(&self) -> Layout {
        self.config.layout
    }

    fn estimate(&self, picture: &Pixels) -> Result<Vec<Option<Landmark>>, PoseFailure> {
        let run = || self.run(picture).map_err(|error| PoseFailure(format!("{error:#}")));
        let outputs = std::panic::catch_unwind(AssertUnwindSafe(run));
        let outputs = outputs.unwrap_or_else(|_panic| Err(PoseFailure("it panicked".to_owned())))?;
        let found = self.head.read(&outputs, &self.config);
        let found = found.ok_or_else(|| PoseFailure("the model gave no landmarks".to_owned()))?;
        Ok(found.into_iter().map(|spot| Some(input::back(spot, picture, &self.config))).collect())
    }
}

/// The shape of the input.
fn shape(config: &PoseConfig) -> [usize; 4] {
    let (width, height) = config.input_sides();
    let (width, height) = (width as usize, height as usize);
    match config.tensor {
        TensorOrder::Nchw => [1, 3, height, width],
        TensorOrder::Nhwc => [1, height, width, 3],
    }
}

/// Refuses what would take memory without end when it runs.
fn bounded(model: &TypedModel) -> TractResult<()> {
    for node in model.nodes() {
        for outlet in &node.outputs {
            let Some(shape) = outlet.fact.shape.as_concrete() else {
                bail!("the size of {} is not known before it runs", node.name);
            };
            let elements = shape.iter().try_fold(outlet.fact.datum_type.size_of(), |all, side| all.checked_mul(*side));
            if elements.is_none_or(|bytes| bytes > MOST_TENSOR_BYTES) {
                bail!("{} takes more than {MOST_TENSOR_BYTES} bytes: {shape:?}", node.name);
            }
        }
    }
    Ok(())
}
