use std::time::Duration;

use auth::{Account, AuditScope, AuthError, PersonalActors, Tokens};
use core_http::{ActorResolver, Credential, Freshness};
use core_kernel::{Actor, DomainError, Owner, PageRequest};

use crate::world::{World, fresh};

async fn admin(world: &World) -> (Account, Tokens) {
    let code = world.auth.accounts.claim_code().await.unwrap().unwrap();
    world.auth.accounts.claim(&code, World::registration("root@example.com")).await.unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn the_built_in_role_has_every_platform_permission_and_can_not_be_changed(world) {
        let (_, tokens) = admin(&world).await;
        let root = world.actor(&tokens).await;
        let roles = &world.auth.roles;
        let all = roles.list(&root).await.unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].permissions, ["auth:audit_read_all", "auth:impersonate", "auth:roles_manage", "auth:users_manage", "jobs:manage"]);
        assert!(matches!(roles.update(&root, "admin", &[], None).await, Err(AuthError::RoleBuiltIn)));
        assert!(matches!(roles.delete(&root, "admin").await, Err(AuthError::RoleBuiltIn)));
        assert!(matches!(roles.create(&root, "admin", &[]).await, Err(AuthError::RoleExists)));
    }

    async fn a_role_gives_its_permissions_everywhere_within_a_second(world) {
        let (_, root_tokens) = admin(&world).await;
        let root = world.actor(&root_tokens).await;
        let (ada, tokens) = world.register("ada@example.com").await;
        let replica = PersonalActors::new(&world.replica().await);
        let may = async || {
            let caller = replica.resolve(Credential::Bearer(&tokens.access_token), None, Freshness::Recent).await.unwrap();
            caller.permissions.names().any(|name| name == "jobs:manage")
        };
        world.auth.roles.create(&root, "operator", &names(&["jobs:manage"])).await.unwrap();
        assert!(!may().await);
        world.auth.roles.assign(&root, ada.id, &names(&["operator", "operator"])).await.unwrap();
        world.test.clock.advance(Duration::from_secs(1));
        assert!(may().await);
        let here = world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        assert_eq!((here.roles.as_slice(), here.platform.names().collect::<Vec<_>>()), (names(&["operator"]).as_slice(), vec!["jobs:manage"]));
        world.auth.roles.update(&root, "operator", &[], Some(1)).await.unwrap();
        let here = world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        assert_eq!(here.platform.names().count(), 0, "at once in this process");
        world.test.clock.advance(Duration::from_secs(1));
        assert!(!may().await);
    }

    async fn nobody_gives_or_takes_what_they_do_not_have(world) {
        let (_, root_tokens) = admin(&world).await;
        let root = world.actor(&root_tokens).await;
        let (ada, tokens) = world.register("ada@example.com").await;
        let (eve, _) = world.register("eve@example.com").await;
        let roles = &world.auth.roles;
        roles.create(&root, "clerk", &names(&["auth:roles_manage"])).await.unwrap();
        roles.create(&root, "operator", &names(&["jobs:manage"])).await.unwrap();
        roles.assign(&root, ada.id, &names(&["clerk"])).await.unwrap();
        let clerk = world.actor(&tokens).await;
        assert!(matches!(roles.assign(&clerk, ada.id, &names(&["admin"])).await, Err(AuthError::BeyondOwnRights)));
        assert!(matches!(roles.assign(&clerk, eve.id, &names(&["operator"])).await, Err(AuthError::BeyondOwnRights)));
        assert!(matches!(roles.assign(&clerk, root.subject, &[]).await, Err(AuthError::BeyondOwnRights)));
        assert!(matches!(roles.create(&clerk, "mine", &names(&["jobs:manage"])).await, Err(AuthError::BeyondOwnRights)));
        assert!(matches!(roles.update(&clerk, "operator", &[], None).await, Err(AuthError::BeyondOwnRights)));
        roles.assign(&clerk, eve.id, &names(&["clerk"])).await.unwrap();
    }

    async fn the_server_never_loses_its_last_administrator(world) {
        let (root, root_tokens) = admin(&world).await;
        let actor = world.actor(&root_tokens).await;
        let (ada, ada_tokens) = world.register("ada@example.com").await;
        let roles = &world.auth.roles;
        assert!(matches!(roles.assign(&actor, root.id, &[]).await, Err(AuthError::LastAdministrator)));
        assert!(matches!(world.auth.accounts.close(root.id).await, Err(AuthError::LastAdministrator)));
        roles.assign(&actor, ada.id, &names(&["admin"])).await.unwrap();
        let other = world.actor(&ada_tokens).await;
        // Both take the role from each other at once.
        let none = Vec::new();
        let (one, two) = futures_util::future::join(roles.assign(&actor, ada.id, &none), roles.assign(&other, root.id, &none)).await;
        assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1, "{one:?} {two:?}");
        let left = if one.is_ok() { root.id } else { ada.id };
        assert!(matches!(world.auth.accounts.close(left).await, Err(AuthError::LastAdministrator)));
    }

    async fn roles_are_made_of_platform_permissions_and_removed_when_nobody_has_them(world) {
        let (_, tokens) = admin(&world).await;
        let root = world.actor(&tokens).await;
        let (ada, _) = world.register("ada@example.com").await;
        let roles = &world.auth.roles;
        let error = roles.create(&root, "Bad Name", &names(&["llm:chat", "jobs:manage", "no:such"])).await.unwrap_err();
        let pointers: Vec<String> = error.fields().into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(pointers, ["/name", "/permissions/0", "/permissions/2"]);
        roles.create(&root, "operator", &names(&["jobs:manage"])).await.unwrap();
        assert!(matches!(roles.create(&root, "operator", &[]).await, Err(AuthError::RoleExists)));
        assert!(matches!(roles.update(&root, "operator", &[], Some(9)).await, Err(AuthError::Changed)));
        assert_eq!(roles.assign(&root, ada.id, &names(&["no-such"])).await.unwrap_err().fields()[0].pointer, "/roles/0");
        roles.assign(&root, ada.id, &names(&["operator"])).await.unwrap();
        assert!(matches!(roles.delete(&root, "operator").await, Err(AuthError::RoleInUse)));
        roles.assign(&root, ada.id, &[]).await.unwrap();
        roles.delete(&root, "operator").await.unwrap();
        assert!(roles.delete(&root, "operator").await.is_err());
    }

    async fn an_administrator_signs_somebody_out_everywhere(world) {
        let (_, root_tokens) = admin(&world).await;
        let root = world.actor(&root_tokens).await;
        let (ada, tokens) = world.register("ada@example.com").await;
        let person = world.actor(&tokens).await;
        assert!(matches!(world.auth.sessions.end_of(&person, root.subject).await, Err(AuthError::Denied(_))));
        world.auth.sessions.end_of(&root, ada.id).await.unwrap();
        assert!(matches!(world.auth.sessions.identify(&tokens.access_token, false).await, Err(AuthError::SessionEnded)));
        assert!(world.auth.sessions.end_of(&root, Owner(world.test.db.ambient().ids.next()).get().into()).await.is_err());
    }

    async fn everybody_reads_their_own_events_and_administrators_all(world) {
        let (_, root_tokens) = admin(&world).await;
        let root = world.actor(&root_tokens).await;
        let (ada, tokens) = world.register("ada@example.com").await;
        let person = world.actor(&tokens).await;
        let org = Owner(world.test.db.ambient().ids.next());
        let in_org = Actor { owner: org, ..person.clone() };
        let new = auth::NewApiKey { name: "x".into(), scopes: names(&["llm:chat"]), expires_at: None };
        world.auth.api_keys.create(&in_org, new).await.unwrap();
        let log = &world.auth.audit_log;
        let request = PageRequest::default();
        let own = log.events(&person, AuditScope::Own, &request).await.unwrap().items;
        assert!(own.iter().all(|event| event.subject == Some(ada.id)) && own.len() == 2, "{own:?}");
        let orgs = log.events(&in_org, AuditScope::Own, &request).await.unwrap().items;
        assert_eq!(orgs.iter().map(|event| event.action.as_str()).collect::<Vec<_>>(), ["auth.api_key_created"]);
        assert!(matches!(log.events(&person, AuditScope::All, &request).await, Err(AuthError::Denied(_))));
        let all = log.events(&root, AuditScope::All, &request).await.unwrap().items;
        assert!(all.iter().any(|event| event.action == "auth.claim") && all.iter().any(|event| event.subject == Some(ada.id)));
    }
}
