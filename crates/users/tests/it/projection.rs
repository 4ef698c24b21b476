use core_db::DbError;
use core_jobs::{NewEvent, publish};
use core_testing::http::StatementCounter;
use serde_json::json;
use users::{Identity, IdentityStatus, Profile};

use crate::world::{ADA, World, fresh};

/// Announces Ada as identity does, and works off what follows.
async fn announce(world: &World) {
    let data = json!({"email": "stale@example.com", "display_name": "Stale", "account_version": 1});
    let event = NewEvent { r#type: "user.created", version: 1, owner: ADA.into(), subject: ADA.get(), data };
    let published: Result<_, DbError> = world
        .test
        .db
        .write(|tx| {
            let event = event.clone();
            async move { publish(&tx, event).await }
        })
        .await;
    published.unwrap();
    world.worker().drain().await.unwrap();
}

async fn ada(world: &World) -> Identity {
    users::Identities::find(world.identities.as_ref(), ADA).await.unwrap().unwrap()
}

async fn profile(world: &World) -> Profile {
    world.users.profiles.of(ADA).await.unwrap().unwrap()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn somebody_who_registers_has_a_profile_before_they_read_it(world) {
        announce(&world).await;
        let statements = StatementCounter::start(&world.test.db);
        assert_eq!(profile(&world).await.email, "ada@example.com");
        assert_eq!(statements.count(), 1);
    }

    async fn the_same_news_twice_change_nothing(world) {
        announce(&world).await;
        let before = profile(&world).await;
        announce(&world).await;
        assert_eq!(profile(&world).await, before);
    }

    async fn a_newer_identity_refreshes_the_address_and_an_older_one_never_does(world) {
        announce(&world).await;
        let first = ada(&world).await;
        let second = Identity {
            email: "countess@example.com".to_owned(),
            email_verified: true,
            display_name: Some("ignored".to_owned()),
            version: 2,
            ..first.clone()
        };
        world.identities.put(second);
        announce(&world).await;
        let fresh = profile(&world).await;
        assert_eq!((fresh.email.as_str(), fresh.email_verified, fresh.version), ("countess@example.com", true, 2));
        assert_eq!(fresh.display_name.as_deref(), Some("Ada"));

        world.identities.put(first);
        announce(&world).await;
        assert_eq!(profile(&world).await, fresh);
    }

    async fn late_news_of_somebody_who_left_bring_nothing_back(world) {
        world.identities.put(Identity { status: IdentityStatus::Closed, ..ada(&world).await });
        announce(&world).await;
        assert_eq!(world.users.profiles.of(ADA).await.unwrap(), None);
    }
}
