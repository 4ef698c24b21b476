use core_kernel::{DomainError, Owner, UserId};
use core_testing::http::StatementCounter;
use serde_json::json;
use users::{Change, Locale, MAX_METADATA_BYTES, ProfileChange, Units, UsersError};
use uuid::Uuid;

use crate::world::{ADA, fresh};

fn object(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    value.as_object().unwrap().clone()
}

fn name(text: &str) -> ProfileChange {
    ProfileChange { display_name: Change::Set(text.to_owned()), ..ProfileChange::default() }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_missing_profile_is_made_from_the_identity_on_first_read(world) {
        let profile = world.users.profiles.own(&world.ada()).await.unwrap();
        assert_eq!((profile.id, profile.email.as_str(), profile.email_verified), (ADA, "ada@example.com", false));
        assert_eq!((profile.display_name.as_deref(), profile.version), (Some("Ada"), 1));
        assert_eq!(profile.created_at, world.test.db.ambient().now());
        assert_eq!(world.users.profiles.of(ADA).await.unwrap(), Some(profile));
    }

    async fn a_stored_profile_is_read_with_one_statement(world) {
        let ada = world.ada();
        world.users.profiles.own(&ada).await.unwrap();
        let statements = StatementCounter::start(&world.test.db);
        world.users.profiles.own(&ada).await.unwrap();
        assert_eq!(statements.count(), 1);
    }

    async fn whoever_has_no_identity_has_no_profile(world) {
        let nobody = UserId(Uuid::from_u128(9));
        let error = world.users.profiles.own(&world.person(nobody)).await.unwrap_err();
        assert_eq!(error.code().code, "request.not_found");
        assert_eq!(world.users.profiles.of(nobody).await.unwrap(), None);
    }

    async fn the_facade_asks_for_the_right_itself(world) {
        let mut ada = world.ada();
        ada.permissions.remove("users:profile_write");
        assert!(world.users.profiles.own(&ada).await.is_ok());
        let refused = world.users.profiles.update(&ada, name("Eve"), None).await.unwrap_err();
        assert!(matches!(refused, UsersError::Denied(_)));
        assert!(matches!(world.users.profiles.close(&ada).await.unwrap_err(), UsersError::Denied(_)));
        ada.permissions.remove("users:profile_read");
        assert!(matches!(world.users.profiles.own(&ada).await.unwrap_err(), UsersError::Denied(_)));
    }

    async fn a_profile_is_the_persons_whatever_organisation_they_act_for(world) {
        let mut ada = world.ada();
        ada.owner = Owner(Uuid::from_u128(77));
        assert_eq!(world.users.profiles.update(&ada, name("Countess"), None).await.unwrap().id, ADA);
        assert_eq!(world.users.profiles.own(&world.ada()).await.unwrap().display_name.as_deref(), Some("Countess"));
    }

    async fn a_change_touches_what_it_names_and_removal_goes_back_to_the_default(world) {
        let ada = world.ada();
        let change = ProfileChange {
            display_name: Change::Set(" Augusta Ada ".to_owned()),
            locale: Change::Set("DE-ch".to_owned()),
            time_zone: Change::Set("Europe/Zurich".to_owned()),
            units: Change::Set(Units::Imperial),
            metadata: Change::Set(object(json!({"theme": {"dark": true, "font": 12}}))),
        };
        let changed = world.users.profiles.update(&ada, change, Some(1)).await.unwrap();
        assert_eq!((changed.display_name.as_deref(), changed.locale.as_str(), changed.version), (Some("Augusta Ada"), "de-CH", 2));

        let change = ProfileChange {
            display_name: Change::Remove,
            locale: Change::Remove,
            metadata: Change::Set(object(json!({"theme": {"font": null}, "tour": 3}))),
            ..ProfileChange::default()
        };
        let changed = world.users.profiles.update(&ada, change, None).await.unwrap();
        assert_eq!((changed.display_name, changed.locale), (None, Locale::default()));
        assert_eq!((changed.time_zone.as_str(), changed.units), ("Europe/Zurich", Units::Imperial));
        assert_eq!(changed.metadata, object(json!({"theme": {"dark": true}, "tour": 3})));

        let emptied = ProfileChange { metadata: Change::Remove, ..ProfileChange::default() };
        assert!(world.users.profiles.update(&ada, emptied, None).await.unwrap().metadata.is_empty());
        assert_eq!(world.users.profiles.own(&ada).await.unwrap().version, 4);
    }

    async fn a_change_that_changes_nothing_leaves_the_version(world) {
        let profile = world.users.profiles.update(&world.ada(), name("Ada"), None).await.unwrap();
        assert_eq!(profile.version, 1);
    }

    async fn every_broken_field_is_named_and_nothing_is_stored(world) {
        let ada = world.ada();
        let change = ProfileChange {
            display_name: Change::Set("\n".to_owned()),
            locale: Change::Set("en_US".to_owned()),
            time_zone: Change::Set("+02:00".to_owned()),
            units: Change::Set(Units::Imperial),
            metadata: Change::Keep,
        };
        let faults = world.users.profiles.update(&ada, change, None).await.unwrap_err().fields();
        let named: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), &*fault.code)).collect();
        assert_eq!(named, [("/display_name", "invalid_name"), ("/locale", "invalid_locale"), ("/time_zone", "invalid_time_zone")]);
        assert_eq!(world.users.profiles.own(&ada).await.unwrap().units, Units::Metric);
    }

    async fn metadata_is_limited_as_a_whole(world) {
        let ada = world.ada();
        let half = |key: &str| ProfileChange {
            metadata: Change::Set(object(json!({key: "x".repeat(MAX_METADATA_BYTES / 2)}))),
            ..ProfileChange::default()
        };
        world.users.profiles.update(&ada, half("a"), None).await.unwrap();
        let faults = world.users.profiles.update(&ada, half("b"), None).await.unwrap_err().fields();
        assert_eq!((faults[0].pointer.as_str(), &*faults[0].code), ("/metadata", "too_large"));
        world.users.profiles.update(&ada, half("a"), None).await.unwrap();
    }

    async fn metadata_that_an_engine_could_not_store_is_refused_on_every_engine(world) {
        let change = ProfileChange { metadata: Change::Set(object(json!({"a": {"b": "\0"}}))), ..ProfileChange::default() };
        let faults = world.users.profiles.update(&world.ada(), change, None).await.unwrap_err().fields();
        assert_eq!((faults[0].pointer.as_str(), &*faults[0].code), ("/metadata", "invalid_text"));
        let strange = object(json!({"\u{fffe}💩": [1e300, -1, null, "", "\u{1}"]}));
        let change = ProfileChange { metadata: Change::Set(strange.clone()), ..ProfileChange::default() };
        world.users.profiles.update(&world.ada(), change, None).await.unwrap();
        assert_eq!(world.users.profiles.own(&world.ada()).await.unwrap().metadata, strange);
    }

    async fn a_change_based_on_an_old_version_is_refused(world) {
        let ada = world.ada();
        world.users.profiles.update(&ada, name("first"), Some(1)).await.unwrap();
        let refused = world.users.profiles.update(&ada, name("second"), Some(1)).await.unwrap_err();
        assert!(matches!(refused, UsersError::Changed { current: 2 }));
        assert_eq!(world.users.profiles.own(&ada).await.unwrap().display_name.as_deref(), Some("first"));
    }

    async fn changes_at_the_same_time_all_take_effect(world) {
        let ada = world.ada();
        world.users.profiles.own(&ada).await.unwrap();
        let member = |key: u32| ProfileChange {
            metadata: Change::Set(object(json!({key.to_string(): key}))),
            ..ProfileChange::default()
        };
        let update = |key| {
            let (profiles, ada) = (world.users.profiles.clone(), ada.clone());
            async move { profiles.update(&ada, member(key), None).await.unwrap() }
        };
        tokio::join!(update(1), update(2), update(3), update(4));
        let profile = world.users.profiles.own(&ada).await.unwrap();
        assert_eq!((profile.version, profile.metadata.len()), (5, 4));
    }
}
