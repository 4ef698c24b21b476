//! Random moves around invitations against a model of the promises: one is accepted at most once, by its address alone, never after it was
//! withdrawn, replaced or has expired, and never beyond the seats.

use core_kernel::{Actor, OrgRole, PageRequest, Secret};
use core_testing::Engine;
use orgs::{InvitationId, OrgId, Person};
use proptest::prelude::*;
use std::time::Duration;

use crate::world::{World, code, email, with_seats};

const GUESTS: usize = 4;
/// The founder and two more: the third guest finds no seat.
const SEATS: usize = 3;

#[derive(Clone, Debug)]
enum Move {
    Invite {
        guest: usize,
        role: OrgRole,
    },
    /// Withdraws the `nth` invitation ever made, counted round.
    Revoke {
        nth: usize,
    },
    /// Somebody presents the token of the `nth` invitation ever made, counted round.
    Accept {
        who: usize,
        nth: usize,
    },
    /// The guest's address becomes verified, or not.
    Verify {
        guest: usize,
        verified: bool,
    },
    Leave {
        guest: usize,
    },
    Wait {
        days: u64,
    },
    Sweep,
}

fn moves() -> impl Strategy<Value = Move> {
    let role = prop_oneof![Just(OrgRole::Viewer), Just(OrgRole::Member), Just(OrgRole::Admin)];
    prop_oneof![
        5 => (0..GUESTS, role).prop_map(|(guest, role)| Move::Invite { guest, role }),
        2 => (0..8_usize).prop_map(|nth| Move::Revoke { nth }),
        7 => (0..GUESTS, 0..8_usize).prop_map(|(who, nth)| Move::Accept { who, nth }),
        1 => (0..GUESTS, any::<bool>()).prop_map(|(guest, verified)| Move::Verify { guest, verified }),
        2 => (0..GUESTS).prop_map(|guest| Move::Leave { guest }),
        2 => (2..9_u64).prop_map(|days| Move::Wait { days }),
        1 => Just(Move::Sweep),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pending,
    Accepted,
    /// Withdrawn, or replaced by a later one to the same address.
    Revoked,
    Expired,
}

#[derive(Clone, Debug)]
struct Letter {
    guest: usize,
    role: OrgRole,
    days_left: u64,
    state: State,
}

#[derive(Clone, Debug)]
struct Model {
    letters: Vec<Letter>,
    members: [Option<OrgRole>; GUESTS],
    verified: [bool; GUESTS],
}

impl Model {
    fn pending(&mut self) -> impl Iterator<Item = &mut Letter> {
        self.letters.iter_mut().filter(|letter| letter.state == State::Pending)
    }

    fn accept(&mut self, who: usize, nth: usize) -> Result<(), &'static str> {
        let letter = &self.letters[nth];
        if letter.state != State::Pending {
            return Err("orgs.invalid_invitation");
        }
        if letter.guest != who {
            return Err("orgs.invitation_for_another_address");
        }
        if !self.verified[who] {
            return Err("orgs.address_not_verified");
        }
        if self.members[who].is_some() {
            return Err("orgs.already_member");
        }
        if self.members.iter().flatten().count() + 1 >= SEATS {
            return Err("orgs.no_seat_left");
        }
        self.members[who] = Some(letter.role);
        self.letters[nth].state = State::Accepted;
        Ok(())
    }

    fn apply(&mut self, one: &Move) -> Result<(), &'static str> {
        let round = self.letters.len();
        match *one {
            Move::Invite { guest, role } => {
                self.pending().filter(|letter| letter.guest == guest).for_each(|letter| letter.state = State::Revoked);
                self.letters.push(Letter { guest, role, days_left: 7, state: State::Pending });
            }
            Move::Revoke { .. } | Move::Accept { .. } if round == 0 => (),
            Move::Revoke { nth } => match &mut self.letters[nth % round] {
                letter if letter.state == State::Pending => letter.state = State::Revoked,
                _ => return Err("request.not_found"),
            },
            Move::Accept { who, nth } => self.accept(who, nth % round)?,
            Move::Verify { guest, verified } => self.verified[guest] = verified,
            Move::Leave { guest } => self.members[guest].take().map(drop).ok_or("request.not_found")?,
            Move::Wait { days } => self.pending().for_each(|letter| {
                letter.days_left = letter.days_left.saturating_sub(days);
                if letter.days_left == 0 {
                    letter.state = State::Expired;
                }
            }),
            Move::Sweep => (),
        }
        Ok(())
    }
}

struct Play {
    world: World,
    org: OrgId,
    ada: Actor,
    guests: Vec<Actor>,
    letters: Vec<(InvitationId, Secret)>,
}

impl Play {
    async fn begin() -> Self {
        let world = with_seats(&Engine::Sqlite, u32::try_from(SEATS).unwrap()).await;
        let ada = world.person(100);
        let org = world.org(&ada).await;
        let guests = (0..GUESTS).map(|guest| world.person(guest as u128)).collect();
        Self { world, org, ada, guests, letters: Vec::new() }
    }

    async fn play(&mut self, one: &Move) -> &'static str {
        let (world, org) = (&self.world, self.org);
        let round = self.letters.len();
        match *one {
            Move::Invite { guest, role } => {
                let token = world.invite(&self.ada, org, guest as u128, role).await;
                let id = world.orgs.invitations.find(&token).await.unwrap().unwrap().id;
                self.letters.push((id, token));
            }
            Move::Revoke { .. } | Move::Accept { .. } if round == 0 => (),
            Move::Revoke { nth } => {
                return code(world.orgs.invitations.revoke(&self.ada, org, self.letters[nth % round].0).await);
            }
            Move::Accept { who, nth } => {
                return code(world.other.invitations.accept(&self.guests[who], &self.letters[nth % round].1).await);
            }
            Move::Verify { guest, verified } => {
                let person = world.people.register(self.guests[guest].subject, &email(guest as u128));
                world.people.put(Person { verified, ..person });
            }
            Move::Leave { guest } => return code(world.orgs.memberships.leave(&self.guests[guest], org).await),
            Move::Wait { days } => world.test.clock.advance(Duration::from_hours(24 * days)),
            Move::Sweep => world.work().await,
        }
        "ok"
    }

    /// What is there is what the model says: the members, and the open invitations.
    async fn agrees_with(&self, model: &Model) -> Result<(), TestCaseError> {
        let roles = self.world.roles(self.org).await;
        for (guest, role) in model.members.iter().enumerate() {
            let found = roles.iter().find(|(user, _)| *user == self.guests[guest].subject).map(|(_, role)| *role);
            prop_assert_eq!(found, *role, "guest {}", guest);
        }
        prop_assert!(roles.len() <= SEATS);
        let request = PageRequest { limit: 100, ..PageRequest::default() };
        let open = self.world.orgs.invitations.list(&self.ada, self.org, &request).await.unwrap().items;
        let mut open: Vec<_> = open.into_iter().map(|one| (one.canonical_email, one.role)).collect();
        let pending = model.letters.iter().filter(|letter| letter.state == State::Pending);
        let mut known: Vec<_> = pending.map(|letter| (email(letter.guest as u128), letter.role)).collect();
        open.sort();
        known.sort();
        prop_assert_eq!(open, known);
        Ok(())
    }
}

async fn follows_the_model(script: Vec<Move>) -> Result<(), TestCaseError> {
    let mut play = Play::begin().await;
    let mut model = Model { letters: Vec::new(), members: [None; GUESTS], verified: [true; GUESTS] };
    for one in script {
        let expected = model.apply(&one).err().unwrap_or("ok");
        prop_assert_eq!(play.play(&one).await, expected, "{:?} with {:?}", one, model);
        play.agrees_with(&model).await?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_moves_lets_an_invitation_work_twice_late_or_for_another(script in proptest::collection::vec(moves(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follows_the_model(script))?;
    }
}
