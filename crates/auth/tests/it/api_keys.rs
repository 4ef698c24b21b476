use std::time::Duration;

use auth::{ApiKeyChange, AuthError, NewApiKey, PersonalActors};
use core_feature::{Feature, MemoryExport};
use core_http::{ActorResolver, Credential, Freshness};
use core_kernel::{Actor, ActorKind, DomainError, Owner, PageRequest, Secret};

use crate::world::{World, fresh};

fn new(scopes: &[&str]) -> NewApiKey {
    NewApiKey { name: "report".to_owned(), scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(), expires_at: None }
}

async fn ada(world: &World) -> Actor {
    let (_, tokens) = world.register("ada@example.com").await;
    world.actor(&tokens).await
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, AuthError>) {
    assert!(matches!(outcome, Err(AuthError::InvalidApiKey)), "{outcome:?}");
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_key_acts_for_its_maker_with_its_scopes_and_no_more(world) {
        let actor = ada(&world).await;
        let (key, secret) = world.auth.api_keys.create(&actor, new(&["llm:chat", "auth:self", "llm:chat"])).await.unwrap();
        assert_eq!(key.scopes, ["auth:self", "llm:chat"]);
        let caller = PersonalActors::new(&world.auth).resolve(Credential::Bearer(secret.expose()), None, Freshness::Recent).await.unwrap();
        assert_eq!((caller.subject, caller.kind), (actor.subject, ActorKind::ApiKey { key: key.id.get() }));
        assert_eq!(caller.permissions.names().collect::<Vec<_>>(), ["auth:self", "llm:chat"]);
        assert!(caller.session.is_none(), "what asks for a recent login is closed to keys");
    }

    async fn a_key_can_not_make_change_or_end_keys(world) {
        let person = ada(&world).await;
        let (key, _) = world.auth.api_keys.create(&person, new(&["auth:api_keys"])).await.unwrap();
        let program = Actor { kind: ActorKind::ApiKey { key: key.id.get() }, session: None, ..person };
        let keys = &world.auth.api_keys;
        assert!(matches!(keys.create(&program, new(&["auth:self"])).await, Err(AuthError::PersonNeeded)));
        assert!(matches!(keys.update(&program, key.id, ApiKeyChange::default(), None).await, Err(AuthError::PersonNeeded)));
        assert!(matches!(keys.rotate(&program, key.id, Duration::ZERO).await, Err(AuthError::PersonNeeded)));
        assert!(matches!(keys.revoke(&program, key.id).await, Err(AuthError::PersonNeeded)));
        assert_eq!(keys.list(&program, &PageRequest::default()).await.unwrap().items.len(), 1);
    }

    async fn scopes_are_permissions_that_the_maker_has(world) {
        let actor = ada(&world).await;
        let bad = NewApiKey { name: String::new(), ..new(&["llm:chat", "no:such", "jobs:manage"]) };
        let fields = world.auth.api_keys.create(&actor, bad).await.unwrap_err().fields();
        let told: Vec<(&str, &str)> = fields.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_ref())).collect();
        assert_eq!(told, [("/name", "invalid_name"), ("/scopes/1", "unknown_scope"), ("/scopes/2", "not_held")]);
        assert!(world.auth.api_keys.create(&actor, new(&[])).await.is_err());
    }

    async fn a_key_ends_after_ninety_days_or_when_it_was_asked_to(world) {
        let actor = ada(&world).await;
        let now = world.test.db.ambient().now();
        for wrong in [now, now.plus(Duration::from_hours(24 * 367))] {
            let error = world.auth.api_keys.create(&actor, NewApiKey { expires_at: Some(wrong), ..new(&["auth:self"]) }).await.unwrap_err();
            assert_eq!(error.fields()[0].pointer, "/expires_at");
        }
        let (_, long) = world.auth.api_keys.create(&actor, new(&["auth:self"])).await.unwrap();
        let soon = NewApiKey { expires_at: Some(now.plus(Duration::from_millis(500))), ..new(&["auth:self"]) };
        let (_, short) = world.auth.api_keys.create(&actor, soon).await.unwrap();
        world.auth.api_keys.identify(short.expose(), false).await.unwrap();
        world.test.clock.advance(Duration::from_millis(500));
        refused(world.auth.api_keys.identify(short.expose(), false).await);
        world.test.clock.advance(Duration::from_hours(24 * 90) - Duration::from_millis(501));
        world.auth.api_keys.identify(long.expose(), false).await.unwrap();
        world.test.clock.advance(Duration::from_millis(1));
        refused(world.auth.api_keys.identify(long.expose(), false).await);
    }

    async fn an_ended_key_is_refused_here_at_once_and_elsewhere_within_a_second(world) {
        let actor = ada(&world).await;
        let (key, secret) = world.auth.api_keys.create(&actor, new(&["auth:self"])).await.unwrap();
        let replica = world.replica().await;
        world.auth.api_keys.identify(secret.expose(), false).await.unwrap();
        replica.api_keys.identify(secret.expose(), false).await.unwrap();
        world.auth.api_keys.revoke(&actor, key.id).await.unwrap();
        refused(world.auth.api_keys.identify(secret.expose(), false).await);
        refused(replica.api_keys.identify(secret.expose(), true).await);
        assert!(world.auth.api_keys.revoke(&actor, key.id).await.is_err());
    }

    async fn what_another_replica_changed_is_seen_within_a_second(world) {
        let actor = ada(&world).await;
        let (key, secret) = world.auth.api_keys.create(&actor, new(&["auth:self", "llm:chat"])).await.unwrap();
        let replica = world.replica().await;
        replica.api_keys.identify(secret.expose(), false).await.unwrap();
        let less = ApiKeyChange { scopes: Some(vec!["auth:self".to_owned()]), ..ApiKeyChange::default() };
        world.auth.api_keys.update(&actor, key.id, less, Some(key.version)).await.unwrap();
        world.test.clock.advance(Duration::from_secs(1));
        let seen = replica.api_keys.identify(secret.expose(), false).await.unwrap();
        assert_eq!(seen.scopes.names().collect::<Vec<_>>(), ["auth:self"]);
        world.auth.accounts.close(actor.subject).await.unwrap();
        world.test.clock.advance(Duration::from_secs(1));
        refused(replica.api_keys.identify(secret.expose(), false).await);
    }

    async fn a_change_of_a_version_that_is_gone_is_refused(world) {
        let actor = ada(&world).await;
        let (key, _) = world.auth.api_keys.create(&actor, new(&["auth:self"])).await.unwrap();
        let change = || ApiKeyChange { name: Some("other".to_owned()), ..ApiKeyChange::default() };
        let now = world.auth.api_keys.update(&actor, key.id, change(), Some(1)).await.unwrap();
        assert_eq!((now.name.as_str(), now.version), ("other", 2));
        assert!(matches!(world.auth.api_keys.update(&actor, key.id, change(), Some(1)).await, Err(AuthError::Changed)));
        assert_eq!(world.auth.api_keys.find(&actor, key.id).await.unwrap(), now);
    }

    async fn a_rotated_key_has_two_secrets_for_a_while(world) {
        let actor = ada(&world).await;
        let (key, old) = world.auth.api_keys.create(&actor, new(&["auth:self"])).await.unwrap();
        let (rotated, fresh) = world.auth.api_keys.rotate(&actor, key.id, Duration::from_hours(2)).await.unwrap();
        assert_eq!((rotated.id, &rotated.prefix, rotated.version), (key.id, &key.prefix, 2));
        world.test.clock.advance(Duration::from_hours(2) - Duration::from_millis(1));
        for secret in [&old, &fresh] {
            world.auth.api_keys.identify(secret.expose(), false).await.unwrap();
        }
        world.test.clock.advance(Duration::from_millis(1));
        refused(world.auth.api_keys.identify(old.expose(), false).await);
        let (_, third) = world.auth.api_keys.rotate(&actor, key.id, Duration::ZERO).await.unwrap();
        refused(world.auth.api_keys.identify(fresh.expose(), false).await);
        refused(world.auth.api_keys.identify(old.expose(), false).await);
        world.auth.api_keys.identify(third.expose(), false).await.unwrap();
        assert!(world.auth.api_keys.rotate(&actor, key.id, Duration::from_hours(169)).await.is_err());
    }

    async fn of_many_rotations_every_one_that_succeeds_gives_its_own_secret_and_the_last_works(world) {
        let actor = ada(&world).await;
        let (key, _) = world.auth.api_keys.create(&actor, new(&["auth:self"])).await.unwrap();
        let all = (0..8).map(|_| world.auth.api_keys.rotate(&actor, key.id, Duration::ZERO));
        let outcomes = futures_util::future::join_all(all).await;
        let mut won: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
        won.sort_by_key(|(key, _)| key.version);
        assert!(won.windows(2).all(|pair| pair[0].0.version < pair[1].0.version), "no two of one version");
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(AuthError::Changed))), "{outcomes:?}");
        world.auth.api_keys.identify(won.pop().unwrap().1.expose(), true).await.unwrap();
        for (_, ended) in won {
            refused(world.auth.api_keys.identify(ended.expose(), true).await);
        }
    }

    async fn the_last_use_is_noted_beside_requests_and_once_a_minute(world) {
        let actor = ada(&world).await;
        let (key, secret) = world.auth.api_keys.create(&actor, new(&["auth:self"])).await.unwrap();
        let began = world.test.db.ambient().now();
        for _ in 0..30 {
            world.auth.api_keys.identify(secret.expose(), false).await.unwrap();
            world.test.clock.advance(Duration::from_secs(1));
        }
        world.auth.settle().await;
        let noted = world.auth.api_keys.find(&actor, key.id).await.unwrap();
        assert_eq!((noted.last_used_at, noted.version), (Some(began), 1));
        world.test.clock.advance(Duration::from_secs(30));
        world.auth.api_keys.identify(secret.expose(), false).await.unwrap();
        world.auth.settle().await;
        assert_eq!(world.auth.api_keys.find(&actor, key.id).await.unwrap().last_used_at, Some(began.plus(Duration::from_mins(1))));
    }

    async fn a_warm_look_at_a_key_and_a_mistyped_one_ask_the_database_nothing(world) {
        let actor = ada(&world).await;
        let (_, secret) = world.auth.api_keys.create(&actor, new(&["auth:self"])).await.unwrap();
        world.auth.api_keys.identify(secret.expose(), false).await.unwrap();
        world.auth.settle().await;
        let before = world.test.db.statements();
        world.auth.api_keys.identify(secret.expose(), false).await.unwrap();
        refused(world.auth.api_keys.identify(&secret.expose().replace("bwk_live_", "bwk_live_x"), true).await);
        refused(world.auth.api_keys.identify(&format!("{}x", secret.expose()), true).await);
        assert_eq!(world.test.db.statements(), before);
    }

    async fn a_key_made_for_an_organisation_is_its_own_and_goes_with_who_made_it(world) {
        let person = ada(&world).await;
        let org = Owner(world.test.db.ambient().ids.next());
        let in_org = Actor { owner: org, ..person.clone() };
        let (key, secret) = world.auth.api_keys.create(&in_org, new(&["llm:chat"])).await.unwrap();
        let identity = world.auth.api_keys.identify(secret.expose(), false).await.unwrap();
        assert_eq!((identity.owner, identity.user), (org, person.subject));
        assert!(world.auth.api_keys.find(&person, key.id).await.is_err(), "not in the personal space");
        let alone = PersonalActors::new(&world.auth).resolve(Credential::Bearer(secret.expose()), None, Freshness::Recent).await;
        assert_eq!(alone.unwrap_err().code().code, "auth.no_organisations");
        world.auth.forget_member(person.subject).await.unwrap();
        refused(world.auth.api_keys.identify(secret.expose(), true).await);
    }

    async fn an_organisation_exports_and_erases_its_keys(world) {
        let person = ada(&world).await;
        let org = Owner(world.test.db.ambient().ids.next());
        let in_org = Actor { owner: org, ..person.clone() };
        let (_, of_org) = world.auth.api_keys.create(&in_org, new(&["llm:chat"])).await.unwrap();
        let (_, own) = world.auth.api_keys.create(&person, new(&["llm:chat"])).await.unwrap();
        let mut export = MemoryExport::default();
        world.auth.export(org, &mut export).await.unwrap();
        assert_eq!(export.rows.len(), 1);
        world.auth.erase(org).await.unwrap();
        refused(world.auth.api_keys.identify(of_org.expose(), true).await);
        world.auth.api_keys.identify(own.expose(), true).await.unwrap();
    }

    async fn a_key_is_not_readable_in_the_database(world) {
        let actor = ada(&world).await;
        let (key, secret) = world.auth.api_keys.create(&actor, new(&["auth:self"])).await.unwrap();
        let secret_part = secret.expose().strip_prefix("bwk_live_").unwrap().get(8..51).unwrap().to_owned();
        use sea_orm::ConnectionTrait;
        for table in ["auth_api_keys", "audit_entries"] {
            #[expect(clippy::disallowed_methods, reason = "looks at what a thief of the database would see")]
            let all = sea_orm::Statement::from_string(world.test.db.backend(), format!("SELECT * FROM {table}"));
            let rows = format!("{:?}", world.test.db.read().query_all_raw(all).await.unwrap());
            assert!(!rows.contains(&secret_part), "{table}");
        }
        let printed = format!("{key:?} {:?}", Secret::new(secret.expose()));
        assert!(!printed.contains(&secret_part));
    }
}
