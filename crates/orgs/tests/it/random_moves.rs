//! Random moves of five people against a model of the rules. Whatever they try, in whatever order: the answer is the model's, the
//! members are the model's, and as long as anybody is there, one of them is an owner.

use core_feature::Feature;
use core_kernel::{Actor, OrgRole};
use core_testing::Engine;
use orgs::OrgId;
use proptest::prelude::*;

use crate::world::{World, code, fresh};

const PEOPLE: usize = 5;

#[derive(Clone, Debug)]
enum Move {
    Join { by: usize, who: usize, role: OrgRole },
    Change { by: usize, who: usize, role: OrgRole },
    Remove { by: usize, who: usize },
    Leave { who: usize },
    Transfer { by: usize, to: usize },
    Forget { who: usize },
}

fn roles() -> impl Strategy<Value = OrgRole> {
    prop_oneof![Just(OrgRole::Viewer), Just(OrgRole::Member), Just(OrgRole::Admin), Just(OrgRole::Owner)]
}

fn moves() -> impl Strategy<Value = Move> {
    let two = || (0..PEOPLE, 0..PEOPLE);
    prop_oneof![
        4 => (two(), roles()).prop_map(|((by, who), role)| Move::Join { by, who, role }),
        5 => (two(), roles()).prop_map(|((by, who), role)| Move::Change { by, who, role }),
        2 => two().prop_map(|(by, who)| Move::Remove { by, who }),
        2 => (0..PEOPLE).prop_map(|who| Move::Leave { who }),
        2 => two().prop_map(|(by, to)| Move::Transfer { by, to }),
        1 => (0..PEOPLE).prop_map(|who| Move::Forget { who }),
    ]
}

/// Who is there and as what, those who are there longest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model(Vec<(usize, OrgRole)>);

impl Model {
    fn role(&self, who: usize) -> Result<OrgRole, &'static str> {
        self.0.iter().find(|(one, _)| *one == who).map(|(_, role)| *role).ok_or("request.not_found")
    }

    fn manager(&self, who: usize, least: OrgRole) -> Result<OrgRole, &'static str> {
        let role = self.role(who)?;
        if role >= least { Ok(role) } else { Err("request.permission_denied") }
    }

    fn owners(&self) -> usize {
        self.0.iter().filter(|(_, role)| *role == OrgRole::Owner).count()
    }

    fn set(&mut self, who: usize, role: OrgRole) {
        self.0.iter_mut().filter(|(one, _)| *one == who).for_each(|(_, known)| *known = role);
    }

    fn out(&mut self, who: usize) -> Result<(), &'static str> {
        if self.role(who)? == OrgRole::Owner && self.owners() == 1 {
            return Err("orgs.last_owner");
        }
        self.0.retain(|(one, _)| *one != who);
        Ok(())
    }

    fn apply(&mut self, one: &Move) -> Result<(), &'static str> {
        let outranks = |own: OrgRole, theirs: OrgRole| own == OrgRole::Owner || theirs < own;
        let rank = |ok: bool| if ok { Ok(()) } else { Err("orgs.rank_too_low") };
        match *one {
            Move::Join { by, who, role } => {
                rank(role <= self.manager(by, OrgRole::Admin)?)?;
                if self.role(who).is_ok() {
                    return Err("orgs.already_member");
                }
                self.0.push((who, role));
            }
            Move::Change { by, who, role } => {
                let own = self.manager(by, OrgRole::Admin)?;
                let theirs = self.role(who)?;
                rank(outranks(own, theirs) && role <= own)?;
                if theirs == OrgRole::Owner && role != OrgRole::Owner && self.owners() == 1 {
                    return Err("orgs.last_owner");
                }
                self.set(who, role);
            }
            Move::Remove { by, who } => {
                let own = self.manager(by, OrgRole::Admin)?;
                rank(outranks(own, self.role(who)?))?;
                self.out(who)?;
            }
            Move::Leave { who } => self.out(who)?,
            Move::Transfer { by, to } => {
                self.manager(by, OrgRole::Owner)?;
                self.role(to)?;
                if by != to {
                    self.set(to, OrgRole::Owner);
                    self.set(by, OrgRole::Admin);
                }
            }
            Move::Forget { who } => {
                self.0.retain(|(one, _)| *one != who);
                let heir = self.0.iter().rev().max_by_key(|(_, role)| *role).copied();
                if let Some((heir, _)) = heir.filter(|_| self.owners() == 0) {
                    self.set(heir, OrgRole::Owner);
                }
            }
        }
        Ok(())
    }
}

async fn play(world: &World, org: OrgId, cast: &[Actor], one: &Move) -> &'static str {
    let memberships = &world.orgs.memberships;
    let number = |who: usize| u128::try_from(who).unwrap() + 1;
    match *one {
        Move::Join { by, who, role } => match world.try_invite(&cast[by], org, number(who), role).await {
            Ok(token) => code(world.orgs.invitations.accept(&cast[who], &token).await),
            refused => code(refused),
        },
        Move::Change { by, who, role } => code(memberships.change_role(&cast[by], org, cast[who].subject, role, None).await),
        Move::Remove { by, who } => code(memberships.remove(&cast[by], org, cast[who].subject).await),
        Move::Leave { who } => code(memberships.leave(&cast[who], org).await),
        Move::Transfer { by, to } => code(memberships.transfer(&cast[by], org, cast[to].subject).await),
        Move::Forget { who } => {
            world.orgs.forget_member(cast[who].subject).await.unwrap();
            "ok"
        }
    }
}

async fn follows_the_model(script: Vec<Move>) -> Result<(), TestCaseError> {
    let world = fresh(&Engine::Sqlite).await;
    let cast: Vec<Actor> = (1..=PEOPLE).map(|number| world.person(u128::try_from(number).unwrap())).collect();
    let org = world.org(&cast[0]).await;
    let mut model = Model(vec![(0, OrgRole::Owner)]);
    for one in script {
        // What is refused changes nothing.
        let mut next = model.clone();
        let expected = next.apply(&one).err().unwrap_or("ok");
        if expected == "ok" {
            model = next;
        }
        prop_assert_eq!(play(&world, org, &cast, &one).await, expected, "{:?} with {:?}", one, model);
        let roles = world.roles(org).await;
        let known: Vec<_> = model.0.iter().rev().map(|(who, role)| (cast[*who].subject, *role)).collect();
        prop_assert_eq!(&roles, &known, "after {:?}", one);
        prop_assert!(roles.is_empty() || roles.iter().any(|(_, role)| *role == OrgRole::Owner));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_moves_leaves_an_organisation_without_an_owner(script in proptest::collection::vec(moves(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follows_the_model(script))?;
    }
}
