use std::fmt::Debug;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::ClusterError;

/// Messages to whoever listens now, on every replica. At most once: a message that nobody hears, that a slow listener has no
/// room for (256 wait at most, the oldest goes), or that is sent while the connection is broken, is lost. What must not be lost
/// goes through the database; a message only says that it is worth looking.
#[async_trait]
pub trait PubSub: Send + Sync + Debug {
    /// Sends `message` to all present listeners of `channel`, the sender's own included, in the order of sending.
    async fn publish(&self, channel: &str, message: Vec<u8>) -> Result<(), ClusterError>;

    /// What is sent to `channel` from now on. Dropping the stream ends the subscription.
    async fn subscribe(&self, channel: &str) -> Result<BoxStream<'static, Vec<u8>>, ClusterError>;
}
