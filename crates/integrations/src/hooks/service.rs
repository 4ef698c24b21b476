use async_trait::async_trait;
use core_kernel::{Actor, Page, PageRequest, Secret};
use serde_json::value::RawValue;

use super::{Delivery, Hook, HookEvent, HookEventId, HookId, HooksError, NewHook, Receipt};

/// Places that providers send to.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Makes one. The secret that the provider is to sign with is given this once, where it is ours.
    async fn create(&self, actor: &Actor, new: NewHook) -> Result<(Hook, Option<Secret>), HooksError>;
    /// Those that the actor may see.
    async fn list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Hook>, HooksError>;
    /// One of them.
    async fn get(&self, actor: &Actor, id: HookId) -> Result<Hook, HooksError>;
    /// Deletes one with all that came by it.
    async fn delete(&self, actor: &Actor, id: HookId) -> Result<(), HooksError>;
    /// What came by one that the actor may see.
    async fn events(&self, actor: &Actor, id: HookId, page: &PageRequest) -> Result<Page<HookEvent>, HooksError>;
    /// One of them, with its body where it is kept.
    async fn event(
        &self,
        actor: &Actor,
        id: HookId,
        event: HookEventId,
    ) -> Result<(HookEvent, Option<Box<RawValue>>), HooksError>;
    /// True when there is such a hook. Asked before a body is read.
    async fn exists(&self, id: HookId) -> Result<bool, HooksError>;
    /// Something came.
    async fn receive(&self, id: HookId, delivery: Delivery) -> Result<Receipt, HooksError>;
}
