use core_kernel::{Actor, OrgRole};
use futures_util::future::join_all;
use orgs::OrgsError;

use crate::world::{World, code, fresh, with_seats};

const COPIES: u128 = 50;

/// Runs every future at once, over two processes on one database, and gives the codes, those of the winners first.
async fn all<T>(moves: impl IntoIterator<Item = impl Future<Output = Result<T, OrgsError>>>) -> Vec<&'static str> {
    let mut codes: Vec<_> = join_all(moves).await.into_iter().map(code).collect();
    codes.sort_by_key(|code| (*code != "ok", *code));
    codes
}

/// Only what a person can understand; nobody gets a 500 or is asked to come back.
fn only(codes: &[&str], allowed: &[&str]) {
    assert!(codes.iter().all(|code| allowed.contains(code)), "{codes:?}");
}

async fn owners(world: &World, org: orgs::OrgId) -> usize {
    world.roles(org).await.into_iter().filter(|(_, role)| *role == OrgRole::Owner).count()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn of_two_owners_who_lower_each_other_one_stays(world) {
        let ada = world.person(1);
        for round in 0..5 {
            let org = world.org(&ada).await;
            let bob = world.member(&ada, org, 10 + round, OrgRole::Owner).await;
            let lower = |process: &orgs::Orgs, by: &Actor, whom: &Actor| {
                let (memberships, by, whom) = (process.memberships.clone(), by.clone(), whom.subject);
                async move { memberships.change_role(&by, org, whom, OrgRole::Member, None).await }
            };
            let codes = all([lower(&world.orgs, &ada, &bob), lower(&world.other, &bob, &ada)]).await;
            assert_eq!(codes, ["ok", "request.permission_denied"]);
            assert_eq!(owners(&world, org).await, 1);
        }
    }

    async fn of_the_last_two_owners_one_goes_however_often_both_try(world) {
        let ada = world.person(1);
        let both = [world.org(&ada).await, world.org(&ada).await];
        let bob = world.person(2);
        for org in both {
            world.member(&ada, org, 2, OrgRole::Owner).await;
        }
        let pairs = [(&ada, &bob), (&bob, &ada)];
        let half = usize::try_from(COPIES).unwrap() / 2;
        let tries = || pairs.iter().cycle().enumerate().take(2 * half).map(|(at, pair)| {
            (if at % 4 < 2 { &world.orgs } else { &world.other }, *pair)
        });
        let [removed, left] = both;
        let codes = all(tries().map(|(process, (by, whom))| process.memberships.remove(by, removed, whom.subject))).await;
        // The copies of the winner find nobody; who was removed finds no organisation.
        assert_eq!(codes[..2], ["ok", "request.not_found"]);
        only(&codes[1..], &["request.not_found"]);
        assert_eq!(world.roles(removed).await.len(), 1);
        let codes = all(tries().map(|(process, (by, _))| process.memberships.leave(by, left))).await;
        let count = |code: &str| codes.iter().filter(|one| **one == code).count();
        assert_eq!((count("ok"), count("request.not_found"), count("orgs.last_owner")), (1, half - 1, half), "{codes:?}");
        assert_eq!(owners(&world, left).await, 1);
    }

    async fn however_many_owners_go_at_once_one_stays(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let mut all_owners = vec![ada.clone()];
        for number in 2..=COPIES {
            all_owners.push(world.member(&ada, org, number, OrgRole::Owner).await);
        }
        let next = |at: usize| all_owners[(at + 1) % all_owners.len()].subject;
        let moves = all_owners.iter().enumerate().map(|(at, by)| {
            let process = if at % 2 == 0 { &world.orgs } else { &world.other };
            let (memberships, whom) = (process.memberships.clone(), next(at));
            async move {
                match at % 3 {
                    0 => memberships.change_role(by, org, whom, OrgRole::Viewer, None).await.map(drop),
                    1 => memberships.remove(by, org, whom).await,
                    _ => memberships.leave(by, org).await,
                }
            }
        });
        let codes = all(moves).await;
        only(&codes, &["ok", "orgs.last_owner", "request.not_found", "request.permission_denied"]);
        assert!(owners(&world, org).await >= 1, "{codes:?}");
    }

    async fn however_often_an_invitation_is_accepted_at_once_one_wins(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        let bob = world.person(2);
        let token = world.invite(&ada, org, 2, OrgRole::Member).await;
        let moves = (0..COPIES).map(|copy| {
            let process = if copy % 2 == 0 { &world.orgs } else { &world.other };
            process.invitations.accept(&bob, &token)
        });
        let codes = all(moves).await;
        assert_eq!(codes[..2], ["ok", "orgs.invalid_invitation"]);
        only(&codes[1..], &["orgs.invalid_invitation"]);
        assert_eq!(world.roles(org).await.len(), 2);
    }

    async fn whoever_founds_with_a_taken_name_at_once_gets_another_or_is_told(world) {
        let ada = world.person(1);
        let new = |slug: Option<&str>| orgs::NewOrg { name: "Bricks".to_owned(), slug: slug.map(str::to_owned), metadata: None };
        let codes = all((0..COPIES).map(|_| world.orgs.organisations.create(&ada, new(Some("bricks"))))).await;
        assert_eq!(codes[..2], ["ok", "orgs.slug_taken"]);
        only(&codes[1..], &["orgs.slug_taken"]);
        let codes = all((0..COPIES).map(|_| world.orgs.organisations.create(&ada, new(None)))).await;
        only(&codes, &["ok"]);
    }

    async fn an_inviter_who_is_removed_while_somebody_accepts_leaves_no_trace_or_a_member(world) {
        let ada = world.person(1);
        let org = world.org(&ada).await;
        for round in 0..4 {
            let admin = world.member(&ada, org, 20 + round, OrgRole::Admin).await;
            let (bob, token) = (world.person(40 + round), world.invite(&admin, org, 40 + round, OrgRole::Admin).await);
            let (accepted, removed) = tokio::join!(
                world.other.invitations.accept(&bob, &token),
                world.orgs.memberships.remove(&ada, org, admin.subject)
            );
            assert!(removed.is_ok());
            let joined = world.roles(org).await.iter().any(|(user, _)| *user == bob.subject);
            let answer = code(accepted);
            assert!((joined && answer == "ok") || (!joined && answer == "orgs.invalid_invitation"), "{joined} {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_seat_is_taken_once() {
    for engine in core_testing::engines() {
        let world = with_seats(&engine, 3).await;
        let ada = world.person(1);
        let org = world.org(&ada).await;
        world.member(&ada, org, 2, OrgRole::Member).await;
        let mut guests = Vec::new();
        for number in 3..3 + COPIES {
            guests.push((world.person(number), world.invite(&ada, org, number, OrgRole::Member).await));
        }
        let moves = guests.iter().enumerate().map(|(at, (guest, token))| {
            let process = if at % 2 == 0 { &world.orgs } else { &world.other };
            process.invitations.accept(guest, token)
        });
        let codes = all(moves).await;
        assert_eq!(codes[..2], ["ok", "orgs.no_seat_left"]);
        only(&codes[1..], &["orgs.no_seat_left"]);
        assert_eq!(world.roles(org).await.len(), 3);
    }
}
