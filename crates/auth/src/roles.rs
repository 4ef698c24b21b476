use async_trait::async_trait;
use core_db::{AuditEntry, AuditQuery, AuditRow, DbError, Tx};
use core_kernel::{Actor, FieldError, Page, PageRequest, Permission, PermissionSet, UserId};

use crate::core::Core;
use crate::model::{AccountStatus, Role};
use crate::service::{AuditLog, AuditScope, Roles};
use crate::snapshot::Rights;
use crate::store::{accounts, roles};
use crate::{AuthError, permissions};

/// Roles over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct RoleService {
    pub(crate) core: Core,
    pub(crate) rights: Rights,
}

#[async_trait]
impl Roles for RoleService {
    async fn permissions(&self, actor: &Actor) -> Result<Vec<&'static Permission>, AuthError> {
        actor.require(&permissions::ROLES_MANAGE)?;
        Ok(self.core.catalogue.all().collect())
    }

    async fn list(&self, actor: &Actor) -> Result<Vec<Role>, AuthError> {
        actor.require(&permissions::ROLES_MANAGE)?;
        let all = roles::list(self.core.db.read()).await?;
        Ok(all.into_iter().map(|role| self.complete(role)).collect())
    }

    async fn create(&self, actor: &Actor, name: &str, allowed: &[String]) -> Result<Role, AuthError> {
        actor.require(&permissions::ROLES_MANAGE)?;
        let mut faults = fault_of_name(name).into_iter().collect::<Vec<_>>();
        faults.extend(self.faults_of_permissions(allowed));
        if !faults.is_empty() {
            return Err(AuthError::Invalid(faults));
        }
        require_all(actor, &allowed.iter().collect())?;
        let create = |tx: Tx| async move {
            roles::lock(&tx).await?;
            let role = roles::create(&tx, name, sorted(allowed)).await?;
            note(&tx, actor, actor.subject, "auth.role_created", &role).await?;
            Ok(role)
        };
        match self.core.db.write(create).await {
            Err(AuthError::Db(DbError::Conflict(_))) => Err(AuthError::RoleExists),
            other => other,
        }
    }

    async fn update(&self, actor: &Actor, name: &str, allowed: &[String], version: Option<i64>) -> Result<Role, AuthError> {
        actor.require(&permissions::ROLES_MANAGE)?;
        let faults = self.faults_of_permissions(allowed);
        if !faults.is_empty() {
            return Err(AuthError::Invalid(faults));
        }
        let update = |tx: Tx| async move {
            roles::lock(&tx).await?;
            let mut role = editable(&tx, name).await?;
            // Taking rights away from people who have more than the caller is as much a grab for power as handing them out.
            require_all(actor, &role.permissions.iter().chain(allowed).collect())?;
            if version.is_some_and(|version| version != role.version) {
                return Err(AuthError::Changed);
            }
            role.permissions = sorted(allowed);
            role.version += 1;
            roles::update(&tx, &role).await?;
            note(&tx, actor, actor.subject, "auth.role_changed", &role).await?;
            self.core.forget_everybody_after_commit(&tx);
            Ok(role)
        };
        self.core.db.write(update).await
    }

    async fn delete(&self, actor: &Actor, name: &str) -> Result<(), AuthError> {
        actor.require(&permissions::ROLES_MANAGE)?;
        let delete = |tx: Tx| async move {
            roles::lock(&tx).await?;
            let role = editable(&tx, name).await?;
            if accounts::anybody_has_role(&tx, name).await? {
                return Err(AuthError::RoleInUse);
            }
            roles::delete(&tx, name).await?;
            note(&tx, actor, actor.subject, "auth.role_deleted", &role).await?;
            Ok(())
        };
        self.core.db.write(delete).await
    }

    async fn assign(&self, actor: &Actor, user: UserId, wanted: &[String]) -> Result<Vec<String>, AuthError> {
        actor.require(&permissions::ROLES_MANAGE)?;
        let assign = |tx: Tx| async move {
            roles::lock(&tx).await?;
            let account = accounts::find(&tx, user).await?.filter(|account| account.status != AccountStatus::Closed);
            let account = account.ok_or(DbError::NotFound)?;
            let wanted = sorted(wanted);
            known(&tx, &wanted).await?;
            let mut touched = self.rights.platform_of(&tx, &account.roles).await?;
            self.rights.platform_of(&tx, &wanted).await?.names().for_each(|name| touched.insert(name));
            if account.roles != wanted {
                require_all(actor, &touched.names().collect())?;
            }
            let admin = permissions::ADMIN_ROLE.to_owned();
            if account.roles.contains(&admin) && !wanted.contains(&admin) {
                require_another_administrator(&tx, user).await?;
            }
            accounts::set_roles(&tx, user, &wanted).await?;
            let details = serde_json::json!({"by": actor.subject, "before": account.roles, "after": wanted});
            let entry = AuditEntry { action: "auth.roles_assigned", outcome: "success", subject: user, org: None, details };
            core_db::audit(&tx, entry).await?;
            self.core.forget_everybody_after_commit(&tx);
            Ok(wanted)
        };
        self.core.db.write(assign).await
    }
}

#[async_trait]
impl AuditLog for RoleService {
    async fn events(&self, actor: &Actor, scope: AuditScope, request: &PageRequest) -> Result<Page<AuditRow>, AuthError> {
        actor.require(&permissions::AUDIT_READ)?;
        let query = match scope {
            AuditScope::All => {
                actor.require(&permissions::AUDIT_READ_ALL)?;
                AuditQuery::All
            }
            AuditScope::Own if actor.owner == actor.personal_space() => AuditQuery::Subject(actor.subject),
            AuditScope::Own => AuditQuery::Org(actor.owner),
        };
        Ok(core_db::audit_rows(&self.core.db, query, request).await?)
    }
}

impl RoleService {
    /// The built-in role has whatever there is.
    fn complete(&self, mut role: Role) -> Role {
        if role.is_built_in() {
            role.permissions = self.core.catalogue.platform().names().map(str::to_owned).collect();
        }
        role
    }

    fn faults_of_permissions(&self, names: &[String]) -> Vec<FieldError> {
        let fault = |(at, name): (usize, &String)| {
            let known = self.core.catalogue.find(name).is_some_and(|permission| permission.platform);
            let message = "no platform permission has this name (GET /auth/permissions)";
            (!known).then(|| FieldError::new(format!("/permissions/{at}"), "unknown_permission", message))
        };
        names.iter().enumerate().filter_map(fault).collect()
    }
}

/// Nobody hands out or takes away what they do not have themselves.
pub(crate) fn require_all(actor: &Actor, names: &PermissionSet) -> Result<(), AuthError> {
    let missing = names.names().count() != names.intersection(&actor.permissions).names().count();
    if missing { Err(AuthError::BeyondOwnRights) } else { Ok(()) }
}

/// Refuses to leave the server without an administrator. Call it with the roles locked.
pub(crate) async fn require_another_administrator(tx: &Tx, but: UserId) -> Result<(), AuthError> {
    let another = accounts::another_has_role(tx, permissions::ADMIN_ROLE, but).await?;
    if another { Ok(()) } else { Err(AuthError::LastAdministrator) }
}

async fn editable(tx: &Tx, name: &str) -> Result<Role, AuthError> {
    let role = roles::find(tx, name).await?.ok_or(DbError::NotFound)?;
    if role.is_built_in() { Err(AuthError::RoleBuiltIn) } else { Ok(role) }
}

async fn known(tx: &Tx, names: &[String]) -> Result<(), AuthError> {
    let mut faults = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if roles::find(tx, name).await?.is_none() {
            faults.push(FieldError::new(format!("/roles/{at}"), "unknown_role", format!("there is no role `{name}`")));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(AuthError::Invalid(faults)) }
}

fn fault_of_name(name: &str) -> Option<FieldError> {
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
    let good = letters && (1..=50).contains(&name.len()) && name.starts_with(|first: char| first.is_ascii_lowercase());
    let message = "1 to 50 of a-z, 0-9, _ and -, and a letter first";
    (!good).then(|| FieldError::new("/name", "invalid_name", message))
}

fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    names
}

async fn note(tx: &Tx, actor: &Actor, subject: UserId, action: &'static str, role: &Role) -> Result<(), DbError> {
    let details = serde_json::json!({"by": actor.subject, "role": role.name, "permissions": role.permissions});
    core_db::audit(tx, AuditEntry { action, outcome: "success", subject, org: None, details }).await
}
