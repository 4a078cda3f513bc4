//! The common attributes (RFC 7643 section 3.1), which every resource has and no schema lists.

use super::attribute::{Attribute, Kind};

/// The common attribute of that name in any case.
pub(super) fn attribute(name: &str) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

static ATTRIBUTES: [Attribute; 4] = [
    Attribute::reference("schemas", &["uri"], "The schemas of the resource.")
        .multi()
        .read_only()
        .returned_always(),
    Attribute::string("id", "The identifier given by this server.")
        .case_exact()
        .read_only()
        .unique()
        .returned_always(),
    Attribute::string("externalId", "The identifier given by the client.").case_exact(),
    Attribute::complex("meta", META, "What the server knows about the resource.").read_only(),
];

const META: &[Attribute] = &[
    Attribute::string("resourceType", "The resource type.").case_exact().read_only(),
    Attribute::new("created", Kind::DateTime, "When it was created.").read_only(),
    Attribute::new("lastModified", Kind::DateTime, "When it was last changed.").read_only(),
    Attribute::reference("location", &["uri"], "Its address.").read_only(),
    Attribute::string("version", "Its entity tag.").case_exact().read_only(),
];
