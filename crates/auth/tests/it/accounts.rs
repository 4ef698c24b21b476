use auth::{AuthConfig, AuthError, Device, Registered, RegistrationSetting, ledger};
use core_feature::{Feature, MemoryExport};
use core_kernel::{DomainError, UserId};
use core_testing::{TestDb, engines};

use crate::world::{PASSWORD, World, deps, fresh, quick, strict, with_config};

core_testing::on_every_engine! {
    setup = fresh;

    async fn somebody_registers_and_signs_in_with_any_spelling_of_the_address(world) {
        let (account, _) = world.register("Ada@Example.com").await;
        let tokens = world.login("  ada@EXAMPLE.com", PASSWORD).await;
        let identity = world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        assert_eq!((identity.user, identity.amr.as_slice()), (account.id, ["pwd".to_owned()].as_slice()));
    }

    async fn several_accounts_are_found_in_one_statement(world) {
        let (ada, _) = world.register("ada@example.com").await;
        let (eve, _) = world.register("eve@example.com").await;
        let before = world.test.db.statements();
        let gone = UserId(world.test.db.ambient().ids.next());
        let mut found = world.auth.accounts.find_many(&[ada.id, gone, eve.id]).await.unwrap();
        assert_eq!(world.test.db.statements(), before + 1);
        found.sort_by_key(|account| account.id);
        assert_eq!(found.iter().map(|account| account.id).collect::<Vec<_>>(), [ada.id, eve.id]);
    }

    async fn a_taken_address_is_refused_whatever_its_case(world) {
        world.register("ada@example.com").await;
        let again = world.auth.accounts.register(World::registration("ADA@example.com")).await;
        assert!(matches!(again, Err(AuthError::EmailTaken)));
    }

    async fn of_many_registrations_of_one_address_one_wins(world) {
        let all = (0..8).map(|_| world.auth.accounts.register(World::registration("ada@example.com")));
        let outcomes = futures_util::future::join_all(all).await;
        let won = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Registered::SignedIn(..)))).count();
        let lost = outcomes.iter().filter(|outcome| matches!(outcome, Err(AuthError::EmailTaken))).count();
        assert_eq!((won, lost), (1, 7), "{outcomes:?}");
    }

    async fn all_faults_of_a_registration_are_told_at_once(world) {
        let mut registration = World::registration("nobody");
        registration.password = "short".into();
        registration.display_name = Some("\u{7}".into());
        let error = world.auth.accounts.register(registration).await.unwrap_err();
        let pointers: Vec<String> = error.fields().into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(pointers, ["/email", "/password", "/display_name"]);
    }

    async fn a_wrong_password_and_an_unknown_address_answer_the_same(world) {
        world.register("ada@example.com").await;
        let wrong = world.auth.sessions.login("ada@example.com", &"wrong".into(), Device::default()).await.unwrap_err();
        let unknown = world.auth.sessions.login("eve@example.com", &PASSWORD.into(), Device::default()).await.unwrap_err();
        let nonsense = world.auth.sessions.login("not an address", &PASSWORD.into(), Device::default()).await.unwrap_err();
        for error in [wrong, unknown, nonsense] {
            assert_eq!((error.code().code, error.detail().as_str()), ("auth.invalid_credentials", "The address or the password is wrong"));
        }
    }

    async fn the_claim_link_makes_one_administrator_once(world) {
        let first = world.auth.accounts.claim_code().await.unwrap().unwrap();
        let code = world.auth.accounts.claim_code().await.unwrap().unwrap();
        let voided = world.auth.accounts.claim(&first, World::registration("a@example.com")).await;
        assert!(matches!(voided, Err(AuthError::InvalidCode)), "a fresh link ends the one before");
        let (account, _) = world.auth.accounts.claim(&code, World::registration("root@example.com")).await.unwrap();
        assert_eq!(account.roles, ["admin"]);
        let again = world.auth.accounts.claim(&code, World::registration("eve@example.com")).await;
        assert!(matches!(again, Err(AuthError::InvalidCode)));
        assert!(world.auth.accounts.claim_code().await.unwrap().is_none());
    }

    async fn the_claim_link_ends_after_half_an_hour(world) {
        let code = world.auth.accounts.claim_code().await.unwrap().unwrap();
        world.test.clock.advance(std::time::Duration::from_mins(30));
        let late = world.auth.accounts.claim(&code, World::registration("root@example.com")).await;
        assert!(matches!(late, Err(AuthError::InvalidCode)));
    }

    async fn a_claim_with_a_taken_address_does_not_use_the_link_up(world) {
        world.register("ada@example.com").await;
        let code = world.auth.accounts.claim_code().await.unwrap().unwrap();
        let taken = world.auth.accounts.claim(&code, World::registration("ada@example.com")).await;
        assert!(matches!(taken, Err(AuthError::EmailTaken)));
        assert!(world.auth.accounts.claim(&code, World::registration("root@example.com")).await.is_ok());
    }

    async fn a_closed_account_can_not_be_used_and_an_erased_one_leaves_nothing(world) {
        let (account, tokens) = world.register("ada@example.com").await;
        world.auth.accounts.close(account.id).await.unwrap();
        world.auth.accounts.close(account.id).await.unwrap();
        assert!(matches!(world.auth.sessions.identify(&tokens.access_token, false).await, Err(AuthError::SessionEnded)));
        assert!(matches!(world.auth.sessions.login("ada@example.com", &PASSWORD.into(), Device::default()).await, Err(AuthError::InvalidCredentials)));
        assert!(world.auth.sessions.refresh(&tokens.refresh_token.as_str().into()).await.is_err());
        world.auth.erase(account.id.into()).await.unwrap();
        world.auth.erase(account.id.into()).await.unwrap();
        let mut export = MemoryExport::default();
        world.auth.export(account.id.into(), &mut export).await.unwrap();
        assert!(export.rows.is_empty());
        world.register("ada@example.com").await;
    }

    async fn an_export_tells_what_is_held(world) {
        let (account, _) = world.register("ada@example.com").await;
        let mut export = MemoryExport::default();
        world.auth.export(account.id.into(), &mut export).await.unwrap();
        let collections: Vec<&str> = export.rows.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(collections, ["account", "sessions"]);
        let text = serde_json::to_string(&export.rows).unwrap();
        assert!(text.contains("ada@example.com") && !text.contains("argon2"));
    }

    async fn passwords_and_codes_are_not_readable_in_the_database(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let code = world.auth.accounts.claim_code().await.unwrap().unwrap();
        use sea_orm::ConnectionTrait;
        for (table, column) in [("auth_accounts", "password_hash"), ("auth_signing_keys", "seed_sealed"), ("jobs", "payload")] {
            #[expect(clippy::disallowed_methods, reason = "looks at what a thief of the database would see")]
            let all = sea_orm::Statement::from_string(world.test.db.backend(), format!("SELECT {column} AS value FROM {table}"));
            for row in world.test.db.read().query_all_raw(all).await.unwrap() {
                let value: String = row.try_get("", "value").unwrap();
                for secret in [PASSWORD, code.expose(), tokens.refresh_token.as_str(), tokens.access_token.as_str()] {
                    assert!(!value.contains(secret), "{table}.{column}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_addresses_must_be_verified_nobody_learns_which_have_accounts() {
    for engine in engines() {
        let world = strict(&engine).await;
        for _ in 0..2 {
            let outcome = world.auth.accounts.register(World::registration("ada@example.com")).await.unwrap();
            assert!(matches!(outcome, Registered::CheckMail));
        }
        let early = world.auth.sessions.login("ada@example.com", &PASSWORD.into(), Device::default()).await;
        assert!(matches!(early, Err(AuthError::EmailNotVerified)));
        assert_eq!(world.mails().await, 2);
        let subjects: Vec<String> = world.mailer.sent().into_iter().map(|mail| mail.content.subject).collect();
        assert_eq!(subjects, ["Confirm your address", "You have an account already"]);
    }
}

#[tokio::test]
async fn closed_registration_is_closed() {
    let config = AuthConfig { registration: RegistrationSetting::Closed, ..quick() };
    let world = with_config(&engines()[0], config).await;
    let refused = world.auth.accounts.register(World::registration("ada@example.com")).await;
    assert!(matches!(refused, Err(AuthError::RegistrationClosed)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feature_boots_alone_on_an_empty_database_with_its_own_tables_only() {
    for engine in engines() {
        let test = TestDb::fresh(&engine, vec![ledger()]).await.unwrap();
        let ledgers = [core_db::ledger(), core_jobs::ledger(), ledger()];
        assert_eq!(core_db::pending(&test.db, &ledgers).await.unwrap(), 0);
        assert!(
            auth::Auth::new(deps(test.db.clone(), quick(), "https://example.com"))
                .unwrap()
                .accounts
                .find(UserId(test.db.ambient().ids.next()))
                .await
                .unwrap()
                .is_none()
        );
    }
}
