//! The enterprise extension of User (RFC 7643 section 4.3).

use super::{ENTERPRISE_URN, Schema, attribute::Attribute};

pub(super) static SCHEMA: Schema = Schema {
    id: ENTERPRISE_URN,
    name: "EnterpriseUser",
    description: "Enterprise User",
    attributes: ATTRIBUTES,
};

const ATTRIBUTES: &[Attribute] = &[
    Attribute::string("employeeNumber", "The number that the employer gave."),
    Attribute::string("costCenter", "The cost center."),
    Attribute::string("organization", "The organization."),
    Attribute::string("division", "The division."),
    Attribute::string("department", "The department."),
    Attribute::complex("manager", MANAGER, "The user's manager."),
];

const MANAGER: &[Attribute] = &[
    Attribute::string("value", "The id of the manager."),
    Attribute::reference("$ref", &["User"], "The address of the manager."),
    Attribute::string("displayName", "The name of the manager.").read_only(),
];
