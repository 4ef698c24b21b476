use serde_json::json;

use super::mailboxes::GONE;
use super::{Demo, done, text, token};
use crate::caller::Caller;

/// Somebody of the demo.
#[derive(Clone, Copy)]
pub(super) struct Role {
    pub(super) name: &'static str,
    pub(super) address: &'static str,
}

const fn role(name: &'static str, address: &'static str) -> Role {
    Role { name, address }
}

/// Everybody. `.example` is nobody's (RFC 2606 section 2).
pub(super) const CAST: [Role; 5] = [
    role("Ada", "ada@demo.example"),
    role("Bob", "bob@demo.example"),
    role("Cleo", "cleo@demo.example"),
    role("Dan", "dan@demo.example"),
    role("Eve", "eve@demo.example"),
];

/// Somebody of the demo, signed in.
pub(super) struct Person<'a> {
    pub(super) role: Role,
    pub(super) caller: Caller<'a>,
}

/// An organisation: who founds it and who joins, by their place in [`CAST`].
struct Organisation {
    name: &'static str,
    founder: usize,
    joining: [(usize, &'static str); 2],
}

const ORGANISATIONS: [Organisation; 3] = [
    Organisation { name: "Northside Strength", founder: 0, joining: [(1, "admin"), (2, "member")] },
    Organisation { name: "Lighthouse Software", founder: 3, joining: [(4, "member"), (0, "viewer")] },
    Organisation { name: "Harbour Physiotherapy", founder: 4, joining: [(2, "admin"), (1, "member")] },
];

impl Demo<'_> {
    /// Registers everybody and confirms their addresses.
    pub(super) async fn invite_the_cast(&self) -> anyhow::Result<Vec<Person<'_>>> {
        let mut people = Vec::new();
        for role in CAST {
            let body = json!({"email": role.address, "password": self.password(), "display_name": role.name});
            let registered = done(&self.anonymous.post("/api/v1/auth/register", &body).await?, "registering")?;
            self.work_off().await?;
            let code = json!({"token": self.mailboxes.code(role.address)?});
            done(&self.anonymous.post("/api/v1/auth/verify-email", &code).await?, "confirming an address")?;
            people.push(Person { role, caller: self.anonymous.with(token(&registered)?) });
        }
        Ok(people)
    }

    /// Founds the organisations, each with its members and one invitation that could not be delivered.
    pub(super) async fn found_organisations(&self, people: &[Person<'_>]) -> anyhow::Result<Vec<&'static str>> {
        for organisation in &ORGANISATIONS {
            let founder = &people[organisation.founder].caller;
            let org = done(&founder.post("/api/v1/orgs", &json!({"name": organisation.name})).await?, "founding")?;
            let invitations = format!("/api/v1/orgs/{}/invitations", text(&org, "id")?);
            for (place, role) in organisation.joining {
                let joining = &people[place];
                let invited = json!({"email": joining.role.address, "role": role});
                done(&founder.post(&invitations, &invited).await?, "inviting")?;
                self.work_off().await?;
                let code = json!({"token": self.mailboxes.code(joining.role.address)?});
                done(&joining.caller.post("/api/v1/orgs/invitations/accept", &code).await?, "joining")?;
            }
            done(&founder.post(&invitations, &json!({"email": GONE, "role": "member"})).await?, "inviting nobody")?;
            // Nobody answers there: its deliveries are tried for three days.
            let hook = json!({"url": "https://hooks.demo.invalid/brickwork", "event_types": ["media.*", "workout.*"],
                "description": format!("A receiver of {} that is down", organisation.name)});
            done(&founder.post("/api/v1/webhooks/endpoints", &hook).await?, "subscribing")?;
        }
        Ok(ORGANISATIONS.iter().map(|organisation| organisation.name).collect())
    }
}
