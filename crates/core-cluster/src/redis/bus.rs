use std::convert::Infallible;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use redis::aio::ConnectionManager;
use redis::{AsyncCommands as _, PushInfo, PushKind, Value};
use tokio::sync::Mutex;

use super::RedisOptions;
use super::connection::{Connection, config};
use crate::memory::Hub;
use crate::{ClusterError, PubSub};

/// Publish and subscribe between all processes on one server. One connection listens for the whole process and subscribes
/// again by itself after it was lost; the hub hands messages on.
#[derive(Debug)]
pub(crate) struct RedisBus {
    commands: Connection,
    listening: Connection,
    hub: Arc<Hub>,
    /// Keeps an UNSUBSCRIBE of an idle channel from overtaking a new SUBSCRIBE to it.
    changing: Mutex<()>,
}

impl RedisBus {
    pub(crate) fn open(options: &RedisOptions, commands: Connection) -> Result<Self, ClusterError> {
        let hub = Arc::new(Hub::default());
        let receiver = hub.clone();
        let config = config().set_automatic_resubscription().set_push_sender(move |push: PushInfo| {
            deliver(&receiver, push);
            Ok::<(), Infallible>(())
        });
        Ok(Self { commands, listening: Connection::with(options, config)?, hub, changing: Mutex::new(()) })
    }
}

fn deliver(hub: &Hub, push: PushInfo) {
    if push.kind != PushKind::Message {
        return;
    }
    let mut data = push.data.into_iter();
    if let (Some(Value::BulkString(channel)), Some(Value::BulkString(message))) = (data.next(), data.next())
        && let Ok(channel) = std::str::from_utf8(&channel)
    {
        hub.send(channel, message);
    }
}

#[async_trait]
impl PubSub for RedisBus {
    async fn publish(&self, channel: &str, message: Vec<u8>) -> Result<(), ClusterError> {
        let channel = self.commands.name("channel", channel);
        let run = |mut connection: ConnectionManager| async move { connection.publish(channel, message).await };
        self.commands.call(run).await
    }

    async fn subscribe(&self, channel: &str) -> Result<BoxStream<'static, Vec<u8>>, ClusterError> {
        let channel = self.listening.name("channel", channel);
        let _changing = self.changing.lock().await;
        let (messages, idle) = self.hub.listen(&channel);
        self.listening.call(|mut connection| async move { connection.subscribe(channel).await }).await?;
        if !idle.is_empty() {
            let run = |mut connection: ConnectionManager| async move { connection.unsubscribe(idle).await };
            // A subscription that stays costs its messages and nothing else; the hub drops them.
            let _ = self.listening.call(run).await;
        }
        Ok(messages)
    }
}
