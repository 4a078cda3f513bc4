//! The domain: identifiers, time, randomness, secrets, and the rules that need no I/O to decide.

pub mod clock;
pub mod email;
pub mod fingerprint;
pub mod fold;
pub mod ids;
pub mod login;
pub mod rng;
pub mod secret;
mod text_enum;

pub use clock::{Clock, Millis, SystemClock, Timestamp};
pub use email::EmailAddress;
pub use rng::{Rng, SystemRng};
pub use text_enum::{
    AuthFactor, ConnectionStatus, DeactivatedBy, DomainMethod, FlowState, MatchedBy, OrganizationStatus,
    SigningAlgorithm, SpKeyPurpose, SubjectKind, TokenEndpointAuthMethod, UnknownText, UserStatus,
};
