use std::time::Duration;

use auth::{AuthError, Device, SignIn};
use core_kernel::Secret;
use core_testing::engines;

use crate::world::{PASSWORD, World, fresh, strict};

const ADA: &str = "ada@example.com";

async fn link(world: &World) -> Secret {
    world.auth.magic_links.request("ADA@example.com").await.unwrap();
    world.code_mailed_to(ADA).await.expect("a link")
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn the_link_signs_in_once_and_verifies_the_address(world) {
        let (account, _) = world.register(ADA).await;
        let code = link(&world).await;
        let tokens = world.auth.magic_links.consume(&code, Device::default()).await.unwrap().tokens().unwrap();
        let identity = world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        assert_eq!((identity.user, identity.amr.as_slice()), (account.id, ["otp".to_owned()].as_slice()));
        assert!(world.auth.accounts.find(account.id).await.unwrap().unwrap().email_verified_at.is_some());
        assert_eq!(world.events("user.updated").await.len(), 1);
        assert!(matches!(world.auth.magic_links.consume(&code, Device::default()).await, Err(AuthError::InvalidCode)));
        world.login(ADA, PASSWORD).await;
    }

    async fn the_link_ends_after_ten_minutes_and_with_the_next_one_and_the_next_password(world) {
        world.register(ADA).await;
        let first = link(&world).await;
        let second = link(&world).await;
        assert!(world.auth.magic_links.consume(&first, Device::default()).await.is_err(), "replaced");
        world.test.clock.advance(Duration::from_mins(10));
        assert!(world.auth.magic_links.consume(&second, Device::default()).await.is_err(), "late");
        let third = link(&world).await;
        world.auth.recovery.forgot_password(ADA).await.unwrap();
        let reset = world.code_mailed_to(ADA).await.unwrap();
        world.auth.recovery.reset_password(&reset, &"another sentence, just for me".into()).await.unwrap();
        assert!(world.auth.magic_links.consume(&third, Device::default()).await.is_err(), "made before the password");
    }

    async fn a_link_of_another_purpose_does_not_sign_in(world) {
        world.register(ADA).await;
        let verify = world.code_mailed_to(ADA).await.unwrap();
        assert!(matches!(world.auth.magic_links.consume(&verify, Device::default()).await, Err(AuthError::InvalidCode)));
        let magic = link(&world).await;
        assert!(world.auth.recovery.verify_email(&magic).await.is_err());
    }

    async fn nobody_learns_from_asking_for_a_link_which_addresses_have_accounts(world) {
        world.register(ADA).await;
        let known = world.statements(world.auth.magic_links.request(ADA)).await;
        let unknown = world.statements(world.auth.magic_links.request("eve@example.com")).await;
        assert_eq!(known, unknown);
        world.auth.magic_links.request("no address").await.unwrap();
        assert!(world.code_mailed_to("eve@example.com").await.is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_addresses_must_be_verified_the_link_does_not_take_over_a_password_that_a_stranger_chose() {
    for engine in engines() {
        let world = strict(&engine).await;
        world.auth.accounts.register(World::registration(ADA)).await.unwrap();
        let code = link(&world).await;
        let signed_in = world.auth.magic_links.consume(&code, Device::default()).await.unwrap();
        assert!(matches!(signed_in, SignIn::Done(_)));
        let stranger = world.auth.sessions.login(ADA, &PASSWORD.into(), Device::default()).await;
        assert!(matches!(stranger, Err(AuthError::InvalidCredentials)));
    }
}
