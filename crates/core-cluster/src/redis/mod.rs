//! Everything on one Redis or Valkey server.

mod breaker;
mod bus;
mod connection;
mod limits;
mod locks;
mod options;
mod values;

use std::sync::Arc;

pub use connection::probe;
pub use options::RedisOptions;

use crate::{Cluster, ClusterError};

pub(crate) fn connect(options: &RedisOptions) -> Result<Cluster, ClusterError> {
    let connection = connection::Connection::open(options)?;
    Ok(Cluster {
        limits: Arc::new(limits::RedisLimits::new(connection.clone())),
        bus: Arc::new(bus::RedisBus::open(options, connection.clone())?),
        values: Arc::new(values::RedisValues::new(connection.clone())),
        locks: Arc::new(locks::RedisLocks::new(connection)),
    })
}
