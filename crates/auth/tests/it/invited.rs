use auth::{AuthConfig, AuthError, EmailVerification, Registered, RegistrationSetting};
use core_testing::engines;

use crate::world::{World, quick, with_config};

const TOKEN: &str = "the token in the mail";

fn invited(email: &str, token: Option<&str>) -> auth::Registration {
    auth::Registration { invitation: token.map(Into::into), ..World::registration(email) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_invitation_the_invited_address_registers_and_nobody_else_does() {
    for engine in engines() {
        let config =
            AuthConfig { registration: RegistrationSetting::Invite, email_verification: EmailVerification::Required, ..quick() };
        let world = with_config(&engine, config).await;
        let register = |email, token| world.auth.accounts.register(invited(email, token));
        assert!(matches!(register("invited@example.com", None).await, Err(AuthError::InvitationNeeded)));
        assert!(matches!(register("invited@example.com", Some("made up")).await, Err(AuthError::InvalidInvitation)));
        assert!(matches!(register("eve@example.com", Some(TOKEN)).await, Err(AuthError::InvalidInvitation)));
        let Registered::SignedIn(account, tokens) = register("INVITED@example.com", Some(TOKEN)).await.unwrap() else {
            panic!("the token proves the address")
        };
        assert!(account.email_verified_at.is_some());
        world.auth.sessions.identify(&tokens.access_token, false).await.unwrap();
        assert_eq!(world.mails().await, 0, "there is nothing to confirm");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_registration_is_open_an_invitation_verifies_its_address_alone() {
    for engine in engines() {
        let world = with_config(&engine, quick()).await;
        let other = world.auth.accounts.register(invited("eve@example.com", Some(TOKEN))).await;
        assert!(matches!(other, Err(AuthError::InvalidInvitation)));
        let registered = world.auth.accounts.register(invited("invited@example.com", Some(TOKEN))).await.unwrap();
        assert!(matches!(registered, Registered::SignedIn(account, _) if account.email_verified_at.is_some()));
        let (uninvited, _) = world.register("ada@example.com").await;
        assert!(uninvited.email_verified_at.is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_is_closed_for_the_invited_too() {
    let config = AuthConfig { registration: RegistrationSetting::Closed, ..quick() };
    let world = with_config(&engines()[0], config).await;
    let refused = world.auth.accounts.register(invited("invited@example.com", Some(TOKEN))).await;
    assert!(matches!(refused, Err(AuthError::RegistrationClosed)));
}
