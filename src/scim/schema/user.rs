//! User (RFC 7643 section 4.1).

use super::{
    USER_URN,
    attribute::{Attribute, Kind},
};
use crate::scim::schema::Schema;

pub(super) static SCHEMA: Schema =
    Schema { id: USER_URN, name: "User", description: "User Account", attributes: ATTRIBUTES };

const ATTRIBUTES: &[Attribute] = &[
    Attribute::string("userName", "The name by which the identity provider knows the user.")
        .required()
        .unique(),
    Attribute::complex("name", NAME, "The parts of the user's name."),
    Attribute::string("displayName", "The name to show to other people."),
    Attribute::string("nickName", "The casual way to address the user."),
    Attribute::reference("profileUrl", &["external"], "A page about the user."),
    Attribute::string("title", "The user's title, such as Vice President."),
    Attribute::string("userType", "The relation to the organization, such as Employee or Contractor."),
    Attribute::string("preferredLanguage", "The preferred language, as in Accept-Language."),
    Attribute::string("locale", "The locale for dates, numbers and currency."),
    Attribute::string("timezone", "The time zone, by its Olson name."),
    Attribute::boolean("active", "Whether the user may sign in."),
    Attribute::string("password", "Accepted and dropped: a password never comes from provisioning.")
        .case_exact()
        .dropped(),
    Attribute::complex("emails", EMAILS, "Email addresses.").multi(),
    Attribute::complex("phoneNumbers", PHONE_NUMBERS, "Phone numbers.").multi(),
    Attribute::complex("ims", IMS, "Instant messaging addresses.").multi(),
    Attribute::complex("photos", PHOTOS, "Addresses of photos.").multi(),
    Attribute::complex("addresses", ADDRESSES, "Postal addresses.").multi(),
    Attribute::complex("groups", GROUPS, "The groups that the user is in.").multi().read_only(),
    Attribute::complex(
        "entitlements",
        PLAIN,
        "Entitlements at the identity provider. They grant nothing here.",
    )
    .multi(),
    Attribute::complex("roles", PLAIN, "Roles at the identity provider. They grant nothing here.").multi(),
    Attribute::complex("x509Certificates", CERTIFICATES, "Certificates, in DER.").multi(),
];

const NAME: &[Attribute] = &[
    Attribute::string("formatted", "The whole name as it is shown."),
    Attribute::string("familyName", "The family name."),
    Attribute::string("givenName", "The given name."),
    Attribute::string("middleName", "The middle names."),
    Attribute::string("honorificPrefix", "A title such as Ms."),
    Attribute::string("honorificSuffix", "A suffix such as III."),
];

const DISPLAY: Attribute = Attribute::string("display", "A text for people.");
const TYPE: Attribute = Attribute::string("type", "What the value is for.");
const PRIMARY: Attribute = Attribute::boolean("primary", "Whether it is the preferred one. At most one is.");

const EMAILS: &[Attribute] =
    &[Attribute::string("value", "The address."), DISPLAY, TYPE.values(&["work", "home", "other"]), PRIMARY];

const PHONE_NUMBERS: &[Attribute] = &[
    Attribute::string("value", "The number."),
    DISPLAY,
    TYPE.values(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IMS: &[Attribute] = &[
    Attribute::string("value", "The address."),
    DISPLAY,
    TYPE.values(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTOS: &[Attribute] = &[
    Attribute::reference("value", &["external"], "The address of the photo."),
    DISPLAY,
    TYPE.values(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESSES: &[Attribute] = &[
    Attribute::string("formatted", "The whole address as it is printed."),
    Attribute::string("streetAddress", "Street and house number."),
    Attribute::string("locality", "The city."),
    Attribute::string("region", "The state or region."),
    Attribute::string("postalCode", "The postal code."),
    Attribute::string("country", "The country, ISO 3166-1 alpha-2."),
    TYPE.values(&["work", "home", "other"]),
    PRIMARY,
];

const GROUPS: &[Attribute] = &[
    Attribute::string("value", "The id of the group.").read_only(),
    Attribute::reference("$ref", &["Group"], "The address of the group.").read_only(),
    Attribute::string("display", "The name of the group.").read_only(),
    Attribute::string("type", "Whether the user is a member itself.")
        .values(&["direct", "indirect"])
        .read_only(),
];

const PLAIN: &[Attribute] = &[Attribute::string("value", "The value."), DISPLAY, TYPE, PRIMARY];

const CERTIFICATES: &[Attribute] = &[
    Attribute::new("value", Kind::Binary, "The certificate, in base64.").case_exact(),
    DISPLAY,
    TYPE,
    PRIMARY,
];
