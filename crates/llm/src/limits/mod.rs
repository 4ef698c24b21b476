//! What somebody may use: models, requests and tokens a minute, and a budget that is set aside before and settled after.

mod admission;
mod policies;

pub(crate) use admission::{Admitted, Limits, dearest};
pub(crate) use policies::PolicyService;
