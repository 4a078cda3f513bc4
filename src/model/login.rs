//! The login in progress: its states, its one proof, and the next step, decided by one pure function.

use super::{
    AuthFactor, OrganizationStatus, Timestamp, UserStatus,
    ids::{OrganizationId, SamlConnectionId},
};

/// What a login has proved: who vouched for whom, for which organization, and when. It is made once per flow
/// and never changed or carried to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// How.
    pub method: AuthFactor,
    /// The connection that vouched.
    pub connection_id: SamlConnectionId,
    /// The organization that the connection belonged to when it did.
    pub organization_id: OrganizationId,
    /// The stable subject at that connection (R2).
    pub subject: String,
    /// When the identity provider authenticated the person.
    pub at: Timestamp,
    /// Whether it did so with a second factor, in a way that the connection counts as one (R11).
    pub second_factor: bool,
}

/// What the organization demands of a login, as it stands at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationPolicy {
    /// Which organization.
    pub id: OrganizationId,
    /// Whether its users may sign in at all.
    pub status: OrganizationStatus,
    /// Whether SAML is a method of this organization.
    pub log_in_with_saml: bool,
    /// Whether a second factor is asked for.
    pub require_mfa: bool,
}

/// What the policy asks about the connection behind a proof, as it stands at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionFacts {
    /// Which connection.
    pub id: SamlConnectionId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Whether it is in use.
    pub enabled: bool,
}

/// What the policy asks about the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFacts {
    /// The one organization that the user lives in.
    pub organization_id: OrganizationId,
    /// Whether the user may sign in.
    pub status: UserStatus,
}

/// Why a login is refused. The code is for logs and admins; the browser sees a reference id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoginRefusal {
    /// The organization is switched off.
    #[error("the organization is disabled")]
    OrganizationDisabled,
    /// The organization does not use this method.
    #[error("the organization does not allow this login method")]
    MethodNotAllowed,
    /// The proof's connection is gone, disabled, or not this organization's.
    #[error("the connection that vouched is not an enabled connection of this organization")]
    ConnectionNotUsable,
    /// The host app asked for one organization and the login proved another (R10).
    #[error("the organization asked for is not the one obtained")]
    OrganizationMismatch,
    /// The user lives in another organization than the proof speaks for (R4).
    #[error("the user does not belong to the organization")]
    UserOfAnotherOrganization,
    /// A login never activates anyone (R3).
    #[error("the user is inactive")]
    UserInactive,
    /// The organization asks for a second factor and the user has none that this gateway can check.
    #[error("the organization requires a second factor")]
    SecondFactorRequired,
}

impl LoginRefusal {
    /// The stable code in logs and traces.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OrganizationDisabled => "organization_disabled",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::ConnectionNotUsable => "connection_not_usable",
            Self::OrganizationMismatch => "organization_mismatch",
            Self::UserOfAnotherOrganization => "user_of_another_organization",
            Self::UserInactive => "user_inactive",
            Self::SecondFactorRequired => "second_factor_required",
        }
    }
}

/// What comes next in a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Nobody has vouched yet: ask who it is, or go to the connection.
    Identify,
    /// Everything the organization asks for is there.
    IssueSession,
    /// The end.
    Refuse(LoginRefusal),
}

/// The next step of a login: a function of what the flow has proved, what the organization demands, and the
/// user as they stand now. It is asked again wherever a session is issued, so no path can skip it.
pub fn next_step(
    requested_organization: Option<&OrganizationId>,
    proof: Option<&Proof>,
    policy: &OrganizationPolicy,
    connection: Option<&ConnectionFacts>,
    user: &UserFacts,
) -> NextStep {
    let Some(proof) = proof else { return NextStep::Identify };
    let usable = connection.is_some_and(|c| {
        c.enabled && c.id == proof.connection_id && c.organization_id == proof.organization_id
    });
    let refusals = [
        (policy.id != proof.organization_id || !usable, LoginRefusal::ConnectionNotUsable),
        (policy.status != OrganizationStatus::Active, LoginRefusal::OrganizationDisabled),
        (
            requested_organization.is_some_and(|asked| *asked != proof.organization_id),
            LoginRefusal::OrganizationMismatch,
        ),
        (user.organization_id != proof.organization_id, LoginRefusal::UserOfAnotherOrganization),
        (!method_allowed(proof.method, policy), LoginRefusal::MethodNotAllowed),
        (user.status != UserStatus::Active, LoginRefusal::UserInactive),
        (policy.require_mfa && !proof.second_factor, LoginRefusal::SecondFactorRequired),
    ];
    match refusals.into_iter().find(|(applies, _)| *applies) {
        Some((_, refusal)) => NextStep::Refuse(refusal),
        None => NextStep::IssueSession,
    }
}

fn method_allowed(method: AuthFactor, policy: &OrganizationPolicy) -> bool {
    match method {
        AuthFactor::Saml => policy.log_in_with_saml,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        requested: Option<OrganizationId>,
        proof: Option<Proof>,
        policy: OrganizationPolicy,
        connection: Option<ConnectionFacts>,
        user: UserFacts,
    }

    /// A login that is fine in every respect; each test spoils one.
    fn fine() -> Case {
        let organization = OrganizationId::from_u128(1);
        let connection = SamlConnectionId::from_u128(2);
        Case {
            requested: Some(organization.clone()),
            proof: Some(Proof {
                method: AuthFactor::Saml,
                connection_id: connection.clone(),
                organization_id: organization.clone(),
                subject: "s".into(),
                at: Timestamp::from_millis(0),
                second_factor: false,
            }),
            policy: OrganizationPolicy {
                id: organization.clone(),
                status: OrganizationStatus::Active,
                log_in_with_saml: true,
                require_mfa: false,
            },
            connection: Some(ConnectionFacts {
                id: connection,
                organization_id: organization.clone(),
                enabled: true,
            }),
            user: UserFacts { organization_id: organization, status: UserStatus::Active },
        }
    }

    fn step(spoil: impl FnOnce(&mut Case)) -> NextStep {
        let mut c = fine();
        spoil(&mut c);
        next_step(c.requested.as_ref(), c.proof.as_ref(), &c.policy, c.connection.as_ref(), &c.user)
    }

    #[test]
    fn a_fine_login_gets_a_session() {
        assert_eq!(step(|_| ()), NextStep::IssueSession);
        assert_eq!(step(|c| c.requested = None), NextStep::IssueSession);
    }

    #[test]
    fn r11_a_second_factor_at_the_provider_counts_where_the_connection_says_so() {
        let both = |second: bool| {
            step(|c| {
                c.policy.require_mfa = true;
                c.proof.as_mut().unwrap().second_factor = second;
            })
        };
        assert_eq!(both(true), NextStep::IssueSession);
        assert_eq!(both(false), NextStep::Refuse(LoginRefusal::SecondFactorRequired));
    }

    #[test]
    fn without_proof_there_is_no_session() {
        assert_eq!(step(|c| c.proof = None), NextStep::Identify);
    }

    #[test]
    fn each_demand_is_enforced() {
        type Spoil = fn(&mut Case);
        let other = || OrganizationId::from_u128(9);
        let table: &[(LoginRefusal, Spoil)] = &[
            (LoginRefusal::ConnectionNotUsable, |c| c.connection = None),
            (LoginRefusal::ConnectionNotUsable, |c| c.connection.as_mut().unwrap().enabled = false),
            (LoginRefusal::ConnectionNotUsable, |c| {
                c.connection.as_mut().unwrap().id = SamlConnectionId::from_u128(9);
            }),
            (LoginRefusal::OrganizationDisabled, |c| c.policy.status = OrganizationStatus::Disabled),
            (LoginRefusal::MethodNotAllowed, |c| c.policy.log_in_with_saml = false),
            (LoginRefusal::MethodNotAllowed, |c| c.proof.as_mut().unwrap().method = AuthFactor::Github),
            (LoginRefusal::UserInactive, |c| c.user.status = UserStatus::Inactive),
            (LoginRefusal::UserInactive, |c| c.user.status = UserStatus::Deleted),
            (LoginRefusal::SecondFactorRequired, |c| c.policy.require_mfa = true),
        ];
        for (refusal, spoil) in table {
            assert_eq!(step(spoil), NextStep::Refuse(*refusal));
        }
        assert_eq!(
            step(|c| c.connection.as_mut().unwrap().organization_id = other()),
            NextStep::Refuse(LoginRefusal::ConnectionNotUsable)
        );
        assert_eq!(step(|c| c.policy.id = other()), NextStep::Refuse(LoginRefusal::ConnectionNotUsable));
    }

    #[test]
    fn r10_the_organization_asked_for_is_the_one_obtained() {
        assert_eq!(
            step(|c| c.requested = Some(OrganizationId::from_u128(9))),
            NextStep::Refuse(LoginRefusal::OrganizationMismatch)
        );
    }

    #[test]
    fn r04_a_user_of_another_organization_is_refused() {
        assert_eq!(
            step(|c| c.user.organization_id = OrganizationId::from_u128(9)),
            NextStep::Refuse(LoginRefusal::UserOfAnotherOrganization)
        );
    }
}
