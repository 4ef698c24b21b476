use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::sync::broadcast;

use crate::{ClusterError, PubSub};

/// How many messages may wait for one listener.
const BACKLOG: usize = 256;
/// How many channels there may be before those without listeners are looked for.
const SWEEP_AT: usize = 64;

/// Hands messages to the listeners in this process.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    channels: Mutex<HashMap<String, broadcast::Sender<Arc<Vec<u8>>>>>,
}

impl Hub {
    pub(crate) fn send(&self, channel: &str, message: Vec<u8>) {
        if let Some(sender) = self.lock().get(channel) {
            // Fails when nobody listens, which is allowed.
            let _ = sender.send(Arc::new(message));
        }
    }

    /// A listener on `channel`, and the channels that nobody listens to any more, which are dropped when there are many.
    pub(crate) fn listen(&self, channel: &str) -> (BoxStream<'static, Vec<u8>>, Vec<String>) {
        let mut channels = self.lock();
        let receiver = match channels.entry(channel.to_owned()) {
            Entry::Occupied(entry) => entry.get().subscribe(),
            Entry::Vacant(entry) => {
                let (sender, receiver) = broadcast::channel(BACKLOG);
                entry.insert(sender);
                receiver
            }
        };
        let mut idle = Vec::new();
        if channels.len() > SWEEP_AT {
            idle = channels.extract_if(|_, sender| sender.receiver_count() == 0).map(|(name, _)| name).collect();
        }
        (listener(receiver), idle)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Arc<Vec<u8>>>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listener(receiver: broadcast::Receiver<Arc<Vec<u8>>>) -> BoxStream<'static, Vec<u8>> {
    stream::unfold(receiver, |mut receiver| async move {
        loop {
            match receiver.recv().await {
                Ok(message) => return Some((Arc::unwrap_or_clone(message), receiver)),
                Err(broadcast::error::RecvError::Lagged(lost)) => {
                    tracing::warn!(lost, "a slow listener missed messages");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    })
    .boxed()
}

/// Publish and subscribe within one process.
#[derive(Debug, Default)]
pub(crate) struct MemoryBus {
    hub: Hub,
}

#[async_trait]
impl PubSub for MemoryBus {
    async fn publish(&self, channel: &str, message: Vec<u8>) -> Result<(), ClusterError> {
        self.hub.send(channel, message);
        Ok(())
    }

    async fn subscribe(&self, channel: &str) -> Result<BoxStream<'static, Vec<u8>>, ClusterError> {
        Ok(self.hub.listen(channel).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_listener_misses_the_oldest_and_keeps_the_newest() {
        let bus = MemoryBus::default();
        let mut slow = bus.subscribe("c").await.unwrap();
        for number in 0..=u16::try_from(BACKLOG).unwrap() {
            bus.publish("c", number.to_be_bytes().to_vec()).await.unwrap();
        }
        assert_eq!(slow.next().await.unwrap(), 1_u16.to_be_bytes());
    }

    #[tokio::test]
    async fn channels_without_listeners_are_dropped() {
        let bus = MemoryBus::default();
        for number in 0..1_000 {
            drop(bus.subscribe(&number.to_string()).await.unwrap());
        }
        assert!(bus.hub.lock().len() <= SWEEP_AT + 1);
    }
}
