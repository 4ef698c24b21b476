//! The operations of source code, one file each.

mod context;
mod explain;
mod languages;
mod map;
mod prompt;
mod references;
mod source;
mod summarize;
mod symbols;
mod told;

use std::time::Duration;

use actix_web::web;
use core_http::{Mount, Operation, Routes};

use crate::Code;

/// The most bytes of a body below `/code`.
const MAX_BODY: usize = 2 << 20;
/// How long a model may take, for all parts of a source.
const MODEL_TIME: Duration = Duration::from_secs(130);

impl Routes for Code {
    fn mounts(&self) -> Vec<Mount> {
        let operations: Vec<Operation> = vec![
            languages::operation(),
            context::operation(),
            summarize::operation().timeout(MODEL_TIME),
            explain::operation().timeout(MODEL_TIME),
            prompt::operation().timeout(MODEL_TIME),
            map::operation().timeout(Duration::from_mins(1)),
            symbols::operation().timeout(Duration::from_mins(1)),
            references::operation().timeout(Duration::from_mins(1)),
        ];
        vec![Mount::api("code", operations.into_iter().map(|operation| operation.max_body_bytes(MAX_BODY)).collect())]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.understanding.clone())).app_data(web::Data::from(self.repositories.clone()));
    }
}
