use core_kernel::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A code of an authenticator app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeRequest {
    /// Six digits.
    pub(crate) code: Secret,
}

/// Ten codes that each replace the app once. They are shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodesBody {
    #[schema(example = json!(["abcd-efgh-ijkl-mnop"]))]
    recovery_codes: Vec<String>,
}

impl From<Vec<Secret>> for RecoveryCodesBody {
    fn from(codes: Vec<Secret>) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.expose().to_owned()).collect() }
    }
}
