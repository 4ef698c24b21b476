use core_kernel::OrgRole;

/// True when somebody of the role `own` may make somebody else a `role`: nobody gives more than they have, and only those who manage
/// members give anything.
pub fn may_grant(own: OrgRole, role: OrgRole) -> bool {
    own >= OrgRole::Admin && role <= own
}

/// True when somebody of the role `own` may change or remove somebody of the role `theirs`: nobody edits an equal or a superior,
/// but owners edit owners.
pub fn may_edit(own: OrgRole, theirs: OrgRole) -> bool {
    own == OrgRole::Owner || (own >= OrgRole::Admin && theirs < own)
}

#[cfg(test)]
mod tests {
    use core_kernel::OrgRole::{Admin, Member, Owner, Viewer};

    use super::*;

    const ALL: [OrgRole; 4] = [Viewer, Member, Admin, Owner];

    #[test]
    fn the_matrix_of_ranks_is_this_one() {
        let granted: Vec<_> = ALL.iter().flat_map(|own| ALL.map(|role| may_grant(*own, role))).collect();
        let edited: Vec<_> = ALL.iter().flat_map(|own| ALL.map(|theirs| may_edit(*own, theirs))).collect();
        #[rustfmt::skip]
        let (grant, edit) = (
            // A viewer, a member, an admin, an owner; each to a viewer, member, admin, owner.
            [false, false, false, false,  false, false, false, false,  true, true, true, false,  true, true, true, true],
            [false, false, false, false,  false, false, false, false,  true, true, false, false,  true, true, true, true],
        );
        assert_eq!(granted, grant);
        assert_eq!(edited, edit);
    }
}
