use actix_web::web::Payload;
use core_http::Problem;
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::FilesError;

/// Takes a body into a file without a name, as it comes.
pub(super) async fn to_file(mut payload: Payload) -> Result<std::fs::File, actix_web::Error> {
    let failed = |error: std::io::Error| Problem::from(FilesError::from(error));
    let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(|_lost| Problem::from(FilesError::Lost))?;
    let mut file = tokio::fs::File::from_std(file.map_err(failed)?);
    while let Some(chunk) = payload.next().await {
        file.write_all(&chunk?).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    tokio::io::AsyncSeekExt::rewind(&mut file).await.map_err(failed)?;
    Ok(file.into_std().await)
}
