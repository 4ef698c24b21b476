//! Both implementations pass the same suite; Redis also survives the loss of its connections.

use std::sync::Arc;

use core_cluster::{Cluster, conformance};
use core_kernel::SystemClock;

#[cfg(feature = "redis")]
mod redis;

#[tokio::test]
async fn memory_keeps_every_promise() {
    let cluster = Cluster::in_memory(Arc::new(SystemClock));
    conformance::all(&cluster, &cluster).await;
}
