//! Group (RFC 7643 section 4.2).

use super::{GROUP_URN, Schema, attribute::Attribute};

pub(super) static SCHEMA: Schema =
    Schema { id: GROUP_URN, name: "Group", description: "Group", attributes: ATTRIBUTES };

const ATTRIBUTES: &[Attribute] = &[
    Attribute::string("displayName", "The name of the group.").required().unique(),
    Attribute::complex("members", MEMBERS, "The members of the group.").multi(),
];

const MEMBERS: &[Attribute] = &[
    Attribute::string("value", "The id of the member.").immutable(),
    Attribute::reference("$ref", &["User", "Group"], "The address of the member.").immutable(),
    Attribute::string("type", "What the member is.").values(&["User", "Group"]).immutable(),
    Attribute::string("display", "The name of the member.").read_only().returned_on_request(),
];
