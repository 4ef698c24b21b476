//! A server of S3 in this process, over a folder. It checks every signature.

use std::net::SocketAddr;
use std::path::PathBuf;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The only bucket.
pub const BUCKET: &str = "brickwork";

/// Who may.
pub const KEY_ID: &str = "tests";

/// What they sign with.
pub const SECRET: &str = "the secret of the tests";

/// A server of S3 with one bucket.
pub struct S3Server {
    address: SocketAddr,
    folder: TempDir,
}

impl S3Server {
    /// Listens until the test's runtime ends.
    pub async fn start() -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join(BUCKET))?;
        let files = FileSystem::new(folder.path()).map_err(|error| std::io::Error::other(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let service = service.build();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        background(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                background(async move {
                    // A client that leaves is no failure of the server.
                    drop(Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
                });
            }
        });
        Ok(Self { address, folder })
    }

    /// Where it listens, as a URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder that the bucket is.
    pub fn bucket(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }
}

#[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
fn background(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}
