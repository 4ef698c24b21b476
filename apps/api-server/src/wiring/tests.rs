use std::collections::BTreeSet;

use core_config::Environment;

use super::*;
use crate::settings::{FEATURES, loader};

async fn wired(folder: &std::path::Path) -> Wired {
    wired_with(folder, "").await
}

async fn wired_with(folder: &std::path::Path, features: &str) -> Wired {
    let loader = loader(folder, Environment::from_iter(Vec::<(String, String)>::new())).flag("features", features);
    let loaded = loader.flag("data_dir", folder.join("data").display().to_string()).load().unwrap();
    wire(Ground::open(loaded).await.unwrap(), Tasks::here()).unwrap()
}

#[tokio::test]
async fn every_port_that_points_backwards_is_filled_and_every_table_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let wired = wired(folder.path()).await;
    assert!(wired.late.is_filled(), "PersonalData");
    let listed: BTreeSet<&str> = migration::ledgers().iter().map(|ledger| ledger.name).collect();
    for feature in &wired.features {
        let ledger = feature.ledger();
        let known = listed.contains(ledger.name) || ledger.migrations.is_empty();
        assert!(known, "migration::ledgers() leaves out {}", ledger.name);
    }
    assert!(wired.api().is_ok() && wired.runner().is_ok());
    let named: BTreeSet<&str> = FEATURES.iter().filter(|(_, built)| *built).map(|(name, _)| *name).collect();
    let installed: BTreeSet<&str> = wired.features.iter().map(|feature| feature.name()).collect();
    assert_eq!(named, installed, "what `--features` takes is what is wired");
}

#[tokio::test]
async fn nobody_is_said_to_be_erased_by_a_server_that_lacks_a_feature_with_tables() {
    let folder = tempfile::tempdir().unwrap();
    let whole = wired(folder.path()).await;
    whole.ground.prepare().await.unwrap();
    let part = wired_with(folder.path(), "auth,users,jobs").await;
    let (ada, late) = (core_kernel::UserId(uuid::Uuid::from_u128(0xADA)), part.late.get().unwrap());
    let said = late.erase(ada).await.unwrap_err().to_string();
    assert!(said.contains("has tables of ") && said.contains("llm") && said.contains("orgs"), "{said}");
    assert_eq!(late.erase_space(ada.into()).await.unwrap_err().to_string(), said);
    let exported = late.export(ada.into(), &mut core_feature::MemoryExport::default()).await;
    assert!(exported.unwrap_err().to_string().contains(&said));
    whole.late.get().unwrap().erase(ada).await.unwrap();
}

/// The promise of a warm request: who the caller is comes from memory, the profile from one statement.
#[tokio::test]
async fn reading_ones_own_profile_costs_one_statement() {
    let folder = tempfile::tempdir().unwrap();
    let mut wired = wired(folder.path()).await;
    wired.ground.loaded.settings.server.port = 0;
    wired.ground.prepare().await.unwrap();
    wired.auth.start().await.unwrap();
    let server = core_testing::http::TestServer::start(wired.api().unwrap()).await.unwrap();
    let registration = auth::Registration {
        email: "ada@example.com".into(),
        password: "a sentence that only I know".into(),
        display_name: None,
        device: auth::Device::default(),
        invitation: None,
    };
    let registered = wired.auth.accounts.register(registration).await.unwrap();
    let auth::Registered::SignedIn(_, tokens) = registered else { panic!("asked to check mail") };
    let look = || server.get("/api/v1/users/me").bearer(&tokens.access_token).send();
    assert_eq!(look().await.status, 200);
    let mut least = u64::MAX;
    // The memory of who the caller is lasts a second of the wall clock; one of three looks falls within it.
    for _ in 0..3 {
        let before = wired.ground.db.statements();
        assert_eq!(look().await.status, 200);
        least = least.min(wired.ground.db.statements() - before);
    }
    assert_eq!(least, 1);
}

#[tokio::test]
async fn nobody_listens_to_an_event_that_nobody_publishes() {
    let folder = tempfile::tempdir().unwrap();
    let wired = wired(folder.path()).await;
    let published: BTreeSet<&str> = wired.features.iter().flat_map(|feature| feature.events()).map(|event| event.name).collect();
    for feature in &wired.features {
        for wish in feature.subscriptions() {
            assert!(published.contains(wish.event_type()), "{} wants {}", feature.name(), wish.event_type());
        }
    }
}

/// `.ci/run` runs these tests once more in a program without what can be left out.
#[cfg(not(feature = "media"))]
#[test]
fn a_feature_that_the_program_was_built_without_is_refused_by_its_name_and_its_settings_are_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |key: &str, value: &str| {
        let loader = loader(folder.path(), Environment::from_iter(Vec::<(String, String)>::new()));
        loader.flag(key, value).load().err().expect("a refusal").to_string()
    };
    let said = refused("features", "auth,media");
    assert!(said.contains("this program was built without `media`") && said.contains("auth, users, orgs, llm, jobs"), "{said}");
    assert!(refused("media.quota_bytes", "7").contains("media.quota_bytes"));
}

#[cfg(feature = "full")]
#[tokio::test]
async fn the_payloads_of_events_keep_their_form() {
    let folder = tempfile::tempdir().unwrap();
    let wired = wired(folder.path()).await;
    let forms: Vec<String> = wired
        .features
        .iter()
        .flat_map(|feature| feature.events())
        .map(|event| format!("{} v{} {}", event.name, event.version, (event.example)()))
        .collect();
    insta::assert_snapshot!(forms.join("\n"));
}

#[tokio::test]
async fn every_name_of_a_feature_carries_its_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let wired = wired(folder.path()).await;
    for feature in &wired.features {
        let name = feature.name();
        for job in feature.jobs() {
            assert!(job.name().starts_with(&format!("{name}.")), "job {}", job.name());
        }
        for schedule in feature.schedules() {
            assert!(schedule.name().starts_with(&format!("{name}.")), "schedule {}", schedule.name());
        }
    }
}
